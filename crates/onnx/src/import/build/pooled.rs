//! Sums and means over windows.

use super::windows::Windows;
use crate::graph::{Axes, Graph, LayerId};
use crate::import::Importer;
use crate::import::refusal::Imported;
use inferproof_view::Step;
use std::collections::BTreeSet;

/// The steps that sum each window: `[n, c, o0, o1, ..]`.
fn summed(windows: &[Windows]) -> Vec<Step> {
    let steps = windows.iter().flat_map(|w| {
        let sum = Step::Reduce {
            axis: w.axis + 1,
            source: w.kernel,
            weights: None,
        };
        [w.step(w.axis), sum]
    });
    steps.collect()
}

impl Importer<'_> {
    /// The sum of each window.
    pub fn sums_of_windows(
        &mut self,
        origin: &str,
        source: LayerId,
        windows: &[Windows],
    ) -> Imported<LayerId> {
        Ok(self.graph.view(origin, source, summed(windows))?)
    }

    /// The windows, each as one row: `[n, c, o0, o1, .., entries]`.
    pub fn rows_of_windows(
        &mut self,
        origin: &str,
        source: LayerId,
        windows: &[Windows],
    ) -> Imported<LayerId> {
        let axes = windows.len();
        let mut steps: Vec<Step> = windows
            .iter()
            .enumerate()
            .map(|(i, w)| w.step(w.axis + i))
            .collect();
        let positions = (0..axes).map(|i| 2 + 2 * i);
        let offsets = (0..axes).map(|i| 3 + 2 * i);
        steps.push(Step::Permute(
            (0..2).chain(positions).chain(offsets).collect(),
        ));
        steps.push(Step::Merge {
            axis: 2 + axes,
            sizes: windows.iter().map(|w| w.kernel).collect(),
        });
        Ok(self.graph.view(origin, source, steps)?)
    }

    /// The sum of the squares of each window: a contraction of windows with themselves.
    pub fn squares_of_windows(
        &mut self,
        origin: &str,
        source: LayerId,
        windows: &[Windows],
    ) -> Imported<LayerId> {
        let rows = self.rows_of_windows(origin, source, windows)?;
        let axes = Axes {
            shared: 2 + windows.len(),
            left_free: 0,
            right_free: 0,
            contracted: 1,
        };
        Ok(self.graph.contract(origin, rows, rows, axes))
    }

    /// The mean of each window, over as many entries as `count` says of a position along an axis. Where that differs between positions (at the
    /// borders), positions of one count are one term.
    pub fn means_of_windows(
        &mut self,
        origin: &str,
        source: LayerId,
        windows: &[Windows],
        count: impl Fn(&Windows, usize) -> usize,
    ) -> Imported<LayerId> {
        let counts =
            |w: &Windows| -> BTreeSet<usize> { (0..w.positions).map(|p| count(w, p)).collect() };
        // Every choice of one count for each axis.
        let mut classes: Vec<Vec<usize>> = vec![vec![]];
        for w in windows {
            let extended = classes.iter().flat_map(|class| {
                let longer = move |n| [&class[..], &[n]].concat();
                counts(w).into_iter().map(longer)
            });
            classes = extended.collect();
        }
        let uniform = classes.len() == 1;
        let mut terms = Vec::new();
        for class in classes {
            let size: usize = class.iter().product();
            if size == 0 {
                continue;
            }
            let mut steps = summed(windows);
            for (w, &wanted) in windows.iter().zip(&class).filter(|_| !uniform) {
                let own = |p: usize| u32::try_from(p).ok().filter(|_| count(w, p) == wanted);
                steps.push(Step::Gather {
                    axis: w.axis,
                    source: w.positions,
                    index: (0..w.positions).map(own).collect(),
                });
            }
            terms.push(self.graph.summand(1.0 / size as f64, source, steps)?);
        }
        if terms.is_empty() {
            let shape = self.graph.shape(source).iter().take(2).copied();
            let shape: Vec<usize> = shape.chain(windows.iter().map(|w| w.positions)).collect();
            terms.push(Graph::fill(0.0, &shape)?);
        }
        Ok(self.graph.sum(origin, terms))
    }
}
