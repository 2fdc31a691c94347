"""Which neurons know who survives: train, record, compare, explain, share, in one script.

Run it with ``python examples/titanic.py``; it writes ``titanic.naut`` and ``titanic.html`` here.
"""

from __future__ import annotations

import neuronaut as naut
from neuronaut.analysis.findings import discover
from neuronaut.models.torch.titanic import train_titanic
from neuronaut.samples import load_titanic

inputs, metadata = load_titanic()
network, accuracy = train_titanic(inputs, metadata)
print(f"test accuracy {accuracy:.1%}")

rec = naut.record(network, inputs, metadata=metadata, labels="survived", to="titanic.naut", overwrite=True)
print(rec)

compared = naut.compare(rec, "sex == 'female' and survived == 'no'", "sex == 'female' and survived == 'yes'")
table = compared.table().sort_values("hedges_g", key=abs, ascending=False)
print(table[["unit", "hedges_g", "g_low", "g_high", "q", "replicated"]].head(5).to_string(index=False))

strongest = naut.top(rec, table["unit"].iloc[0], k=3)
print(rec.metadata.iloc[strongest["row"]][["sex", "age", "pclass", "survived"]].to_string())

for finding in discover(rec, "survived == 'yes'", "survived == 'no'"):
    print("-", finding.claim)

page = naut.export(rec, "titanic.html", slices=["survived == 'yes'", "survived == 'no'"])
print(f"open {page}")
