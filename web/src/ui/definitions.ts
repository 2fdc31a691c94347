/** Definitions: what every number of the page means. One place; the words agree with docs/glossary.md. */

import { define, type Definition } from "./definition"
import { PAIRED } from "./paired"

export const DEFINITIONS = {
  n: define("Samples", "Samples of the group whose value is finite.", {
    range: "0 up",
    reading: "Below 20 in a group nothing is claimed about differences.",
  }),
  mean: define("Mean", "Average of the activation over the samples of the group.", {
    formula: "Σ a / n",
    range: "any number",
    reading: "The two signs can cancel: see mean |a| too.",
  }),
  meanAbs: define("Mean |a|", "Average size of the activation, whatever its sign.", {
    formula: "Σ |a| / n",
    range: "0 up",
    reading: "Comparable within a layer, not between layers.",
  }),
  zero: define("Exactly 0", "Share of the group's samples whose activation is exactly 0.", { range: "0 to 100%", reading: "Their bar would hide all others: it is not drawn." }),
  sd: define("Standard deviation", "How far the values lie from their mean.", { formula: "√(Σ (a − mean)² / (n − 1))", range: "0 up" }),
  firingRate: define("Firing rate", "Share of samples with an activation above 0.", {
    formula: "#(a > 0) / n",
    range: "0 to 100%",
    reading: "Inputs, outputs and layers of either sign have none.",
  }),
  max: define("Maximum", "Largest activation of any sample of the group.", { range: "any number", reading: "One sample decides it: look at the top samples." }),
  g: define("Hedges g", "Difference of the means of A and B in pooled standard deviations, corrected for small samples.", {
    formula: "(1 − 3 / (4 df − 1)) · (mean A − mean B) / sd pooled",
    range: "any number; 0 is no difference",
    reading: "0.2 small, 0.5 medium, 0.8 large. Large among many units can still be chance: see q.",
    reference: "Hedges 1981, Distribution theory for Glass's estimator of effect size",
  }),
  interval: define("95% interval", "Values of the effect that the samples do not contradict.", {
    reading: "An interval that holds 0 (AUROC: 0.5) is no evidence of a difference.",
    reference: "Bonett 2008; AUROC: Newcombe 2006, method 5",
  }),
  auroc: define("AUROC", "Chance that a random sample of A (or of the class) activates the unit more than a random other one; ties count half.", {
    formula: "P(a > b) + P(a = b) / 2",
    range: "0 to 1; 0.5 is chance",
    reading: "1 always higher, 0 always lower: both separate, at some threshold.",
    reference: "Mann and Whitney 1947; Hanley and McNeil 1982",
  }),
  p: define("p", "How often means this different would come from equal ones.", {
    range: "0 to 1",
    reading: "Of one unit alone. Over many units read q.",
    reference: "Welch 1947",
  }),
  q: define("q", "Benjamini-Hochberg adjusted p-value: share of false alarms among units with a q as small.", {
    formula: "min over larger p of p · tests / rank",
    range: "0 to 1",
    reading: "The family is all units of the comparison. Below 0.05 counts as found.",
    reference: "Benjamini and Hochberg 1995",
  }),
  replicated: define("Replicated", "Found on one half of the samples (q < 0.05), and again with the same sign and q < 0.05 on the other.", {
    reading: "The halves were fixed when recording, before anyone looked. Too few samples: neither yes nor no.",
  }),
  heldOut: define("Held-out value", "The same number on the half of the samples that was not used to choose.", {
    reading: "The best of many looks too good where it was chosen. Trust this one.",
  }),
  influence: define("Influence", "Signed, derivative-based effect of a unit's own activation on another unit, averaged over samples.", {
    formula: "mean over samples of a · ∂b / ∂a",
    range: "any number, in units of the affected unit",
    reading: "Plus: it raises the other unit. First order: an ablation can differ where the network bends.",
    reference: "Shrikumar et al. 2016, Not just a black box; Nanda 2023, Attribution patching",
  }),
  ablation: define("Ablation", "Change of the model's answers when it runs again with the unit's values replaced in every sample.", {
    formula: "metric without the unit − metric as it is",
    range: "any number, in units of the metric",
    reading: "An intervention, not a correlation. Loss up or accuracy down: the answers relied on the unit.",
    reference: "Zhang and Nanda 2023, Towards best practices of activation patching",
  }),
  redrawn: define("95% of redraws", "Where the mean change lies in 95% of redraws of the samples, with and without the units: a paired bootstrap.", {
    reading: "An interval that holds 0 is no evidence of a difference.",
    reference: "Efron 1979, Bootstrap methods: another look at the jackknife; Davison and Hinkley 1997, 3.8",
  }),
  otherUnits: define("Other units", "The central 95% of the same change for random other units of the layer.", {
    reading: "A change within it is what any unit of the layer would do.",
  }),
  causal: define("Verdict", "Causal: the interval excludes 0 and the change lies beyond what random other units of the layer do.", {
    reading: "Not shown: the interval holds 0. Not special: others do as much. Fewer than 20 samples or 19 other units: no verdict.",
  }),
  weight: define("Weight", "Entry of the weight matrix between two units, as trained.", {
    range: "any number",
    reading: "From a unit that is never active it moves nothing: influence counts both.",
  }),
  crossings: define("Crossings", "How often lines cross in the drawing, each pair weighted by the product of their sizes.", {
    formula: "Σ |w| · |w′| over pairs of lines that cross",
    range: "0 up; 100% is a random order",
    reading: "Lower is easier to follow. It says nothing about what units do.",
    reference: "Barth, Jünger and Mutzel 2004, Simple and efficient bilayer cross counting",
  }),
  scaleEnd: define("p99 of the layer", "End of the colour scale: 99 of 100 units of the layer have a mean |a| at most as large.", {
    reading: "One large unit does not make all others pale. A and B share the scale.",
  }),
  blend: define("Activation × group", "Hue: which group activates the unit more. Chroma: how much more. Lightness: how much both do.", {
    formula: "(A − B) / (A + B), of the means in A and B",
    reading: "Grey is both alike, not nothing.",
  }),
  value: define("Value", "The unit's activation for this one sample.", { range: "any number; full colour is two standard deviations beyond the unit's mean" }),
  loss: define("Loss", "How wrong the model's answer to this sample is.", { formula: "−log p of the true class", range: "0 up", reading: "log of the number of classes is a blind guess." }),
  probability: define("Probability", "What the model gives the class, over all classes 100%.", { formula: "softmax or sigmoid of the outputs", reading: "The model's own confidence: right so often only where it is calibrated." }),
  status: define("Health", "Whether the unit does anything on the recorded samples.", {
    formula: "dead: never above 0 · dormant: mean |a| ≤ 0.025 of its layer's average",
    reading: "Constant, always on and saturated units carry little too. Never in n samples still allows a rate of 3 / n (rule of three).",
    reference: "Sokar et al. 2023, The dormant neuron phenomenon; Hanley and Lippman-Hand 1983",
  }),
  csi: define("CSI", "Class selectivity index: the highest class mean against the mean of the other class means.", {
    formula: "(max − rest) / (max + rest)",
    range: "0 to 1; only for values of at least 0",
    reading: "Overstates: never by itself. AUROC and its held-out value come first.",
    reference: "Morcos et al. 2018, On the importance of single directions; Gale et al. 2020",
  }),
  mi: define("Mutual information", "What the activation tells about the class, as a share of the class's entropy, above what shuffled classes give.", {
    range: "about 0 to 1",
    reading: "Also sees a unit of several classes, which AUROC can miss.",
  }),
  sparseness: define("Sparseness", "How few samples carry the unit's activation.", {
    formula: "(1 − (mean a)² / mean a²) / (1 − 1 / n)",
    range: "0 equal on all samples, 1 on a single one; only for values of at least 0",
    reference: "Vinje and Gallant 2000",
  }),
  similarity: define("Correlation", "Pearson r of two units' activations over the samples.", {
    formula: "cov(a, b) / (sd a · sd b)",
    range: "−1 to 1",
    reading: "Near 1: they say the same. Near −1: one is the other's opposite.",
  }),
  effectiveRank: define("Effective rank", "Number of directions that a layer's activations really use.", {
    formula: "exp(−Σ p log p), p = σ / Σ σ of the centred activations",
    range: "1 up to the number of units",
    reading: "Far below the number of units: the layer repeats itself. Of convolutions: of the channels' means over positions.",
    reference: "Roy and Vetterli 2007, The effective rank",
  }),
  cka: define("CKA", "How alike two layers place the samples, whatever the directions are called.", {
    formula: "|Xᵀ Y|² / (|Xᵀ X| · |Yᵀ Y|), centred and debiased",
    range: "0 to 1",
    reading: "Of convolutions: of the channels' means over positions.",
    reference: "Kornblith et al. 2019, Similarity of neural network representations revisited",
  }),
  ...PAIRED,
  drivers: define("Score of a driver", "How well the filter tells the unit's highest samples from the rest: average precision (or F1).", {
    range: "0 to 1",
    reading: "Read the held-out score, and only beside the best that the same search finds on shuffled copies.",
    reference: "Mu and Andreas 2020, Compositional explanations of neurons",
  }),
  shuffled: define("Best by chance", "The best score of the same search where the unit's values are shuffled among the samples.", {
    reading: "A driver that does not beat it is no driver.",
  }),
} as const satisfies Readonly<Record<string, Definition>>

export type Term = keyof typeof DEFINITIONS

/** Where a number comes from, by how it is written; empty for a word. */
export function sourceOf(text: string): string {
  if (!/\d/.test(text)) return ""
  return text.includes("~") ? "Worked out here from each sample's rounded value: near, not exact." : "The recording's own number."
}

export function definitionOf(term: string): Definition | null {
  return Object.hasOwn(DEFINITIONS, term) ? DEFINITIONS[term as Term] : null
}
