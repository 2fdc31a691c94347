/** Paired: definitions of what only the view of two recordings says. */

import { define } from "./definition"

export const PAIRED = {
  again: define("Same partner again", "Whether the half of the samples that was not used to find the partner gives the same one by itself.", {
    reading: "No: another unit suits about as well, and the pair is one of several.",
    reference: "Li et al. 2016, Convergent learning",
  }),
  distinct: define("Distinct", "Whether the partner correlates more on the held-out half than the next best does, beyond chance, for either of the two.", {
    formula: "margin = r(partner) − r(next best); its 95% interval lies above 0",
    reading: "No: others suit as well, and which is whose partner is arbitrary.",
    reference: "Zou 2007",
  }),
} as const
