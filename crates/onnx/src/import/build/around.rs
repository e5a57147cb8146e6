//! A number wherever a place is outside of a box.

use crate::graph::{Graph, Summand};
use crate::import::refusal::Imported;
use inferproof_view::Step;

/// Terms that are a number wherever a place is not inside along some axis, and zero where it is along all; `inside` says for each axis which
/// places are. There is one term for each axis: outside along it, and inside along those before. So no two overlap, and nothing has to cancel.
pub fn around(number: f64, inside: &[Vec<bool>]) -> Imported<Vec<Summand>> {
    let mut terms = Vec::new();
    for (axis, places) in inside.iter().enumerate() {
        if places.iter().all(|&inside| inside) {
            continue;
        }
        let fill = Graph::fill(number, &[])?;
        let mut view = fill.view;
        for (a, places) in inside.iter().enumerate() {
            if a > axis || (a < axis && places.iter().all(|&inside| inside)) {
                let len = places.len();
                view = view.then(Step::Insert { axis: a, len })?;
                continue;
            }
            let index = places
                .iter()
                .map(|&inside| (inside == (a < axis)).then_some(0));
            let index = index.collect();
            view = view.then(Step::Insert { axis: a, len: 1 })?;
            view = view.then(Step::Gather {
                axis: a,
                source: 1,
                index,
            })?;
        }
        terms.push(Summand { view, ..fill });
    }
    Ok(terms)
}
