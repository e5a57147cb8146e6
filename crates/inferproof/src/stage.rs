//! The stages of a proof, as progress is told.

use inferproof_inference::Stage;

/// In order.
const STAGES: [(Stage, &str); 5] = [
    (Stage::Commit, "committing to the trace"),
    (Stage::Lookups, "lookups"),
    (Stage::Contractions, "contractions"),
    (Stage::Open, "opening"),
    (Stage::Close, "closing"),
];

/// What a stage does, how many come before it, and how many there are.
pub fn stage(stage: Stage) -> (&'static str, usize, usize) {
    let position = STAGES.iter().position(|(s, _)| *s == stage).unwrap_or(0);
    let doing = STAGES.get(position).map_or("", |(_, doing)| doing);
    (doing, position, STAGES.len())
}
