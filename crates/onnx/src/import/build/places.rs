//! Entries by their places in a tensor, all of whose axes are read as one.

use inferproof_view::{Step, volume};

/// Steps that read all axes of `from` as one, gather its entries, and read them as axes `to`.
pub fn flat_gather(from: &[usize], index: Vec<Option<u32>>, to: &[usize]) -> Vec<Step> {
    let mut steps = Vec::new();
    match from.len() {
        0 => steps.push(Step::Insert { axis: 0, len: 1 }),
        1 => {}
        _ => steps.push(Step::Merge {
            axis: 0,
            sizes: from.to_vec(),
        }),
    }
    steps.push(Step::Gather {
        axis: 0,
        source: volume(from).unwrap_or(0),
        index,
    });
    match to.len() {
        0 => steps.push(Step::Reduce {
            axis: 0,
            source: 1,
            weights: None,
        }),
        1 => {}
        _ => steps.push(Step::Split {
            axis: 0,
            sizes: to.to_vec(),
        }),
    }
    steps
}
