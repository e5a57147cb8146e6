//! The stages of a proof, as progress is told.

use inferproof_inference::Stage;

/// In order, with the share of a proof's time that each takes: the mean of a convolutional network's, a perceptron's, an attention's and the
/// bundled LeNet's on 2 cores, where lookups took 27 to 60 % and contractions 7 to 40 %.
const STAGES: [(Stage, &str, f64); 5] = [
    (Stage::Commit, "committing to the trace", 0.2),
    (Stage::Lookups, "lookups", 0.45),
    (Stage::Contractions, "contractions", 0.18),
    (Stage::Open, "opening", 0.07),
    (Stage::Close, "closing", 0.1),
];

/// What a stage does, how many come before it, and how many there are.
pub fn stage(stage: Stage) -> (&'static str, usize, usize) {
    let position = position(stage);
    let doing = STAGES.get(position).map_or("", |(_, doing, _)| doing);
    (doing, position, STAGES.len())
}

/// What a stage does, and how much of the proof's time has passed when it begins, from 0 to 1.
pub fn stage_done(stage: Stage) -> (&'static str, f64) {
    let position = position(stage);
    let doing = STAGES.get(position).map_or("", |(_, doing, _)| doing);
    let before = STAGES.iter().take(position).map(|(_, _, share)| share);
    (doing, before.sum())
}

fn position(stage: Stage) -> usize {
    STAGES.iter().position(|(s, _, _)| *s == stage).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_a_whole() {
        let all: f64 = STAGES.iter().map(|(_, _, share)| share).sum();
        assert!((all - 1.0).abs() < 1e-9);
        let done = STAGES.map(|(stage, _, _)| stage_done(stage).1);
        assert!(done[0] == 0.0 && done.is_sorted() && done[4] < 1.0);
    }
}
