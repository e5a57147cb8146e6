//! Shapes: broadcasting, slices, reshapes, joins; all of them views.

use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::refusal::{Imported, refuse};
use inferproof_view::Step;

/// A slice of one axis: `start`, `step`, and how many.
pub fn slice(axis: usize, shape: &[usize], start: i64, step: i64, len: usize) -> Step {
    Step::Slice {
        axis,
        source: shape[axis],
        start,
        step,
        len,
    }
}

/// The steps that bring one shape to another of the same rank, repeating axes of length one.
pub fn broadcast(from: &[usize], to: &[usize]) -> Imported<Vec<Step>> {
    let mut steps = Vec::new();
    let extra = to.len().checked_sub(from.len());
    let Some(extra) = extra else {
        return refuse(format!(
            "a tensor of shape {from:?} cannot be broadcast to {to:?}"
        ));
    };
    for (axis, &len) in to.iter().enumerate().take(extra) {
        steps.push(Step::Insert { axis, len });
    }
    for (axis, &len) in to.iter().enumerate().skip(extra) {
        match from[axis - extra] {
            have if have == len => {}
            1 => steps.extend([
                Step::Reduce {
                    axis,
                    source: 1,
                    weights: None,
                },
                Step::Insert { axis, len },
            ]),
            _ => {
                return refuse(format!(
                    "a tensor of shape {from:?} cannot be broadcast to {to:?}"
                ));
            }
        }
    }
    Ok(steps)
}

/// Reads axes `from`, which start at axis `at`, as axes `to`, along their common refinement: only axes that do not line up
/// are merged.
pub fn reshape(at: usize, from: &[usize], to: &[usize]) -> Vec<Step> {
    let mut steps = Vec::new();
    let (mut i, mut j, mut axis) = (0, 0, at);
    while i < from.len() || j < to.len() {
        let (start_i, start_j) = (i, j);
        let (mut a, mut b) = (1, 1);
        loop {
            if a == b && i > start_i && j > start_j {
                break;
            }
            if i < from.len() && (a <= b || j == to.len()) {
                a *= from[i];
                i += 1;
            } else if j < to.len() {
                b *= to[j];
                j += 1;
            } else {
                break;
            }
        }
        // What is left at the ends has length one.
        while a == b && j == to.len() && i < from.len() && from[i] == 1 {
            i += 1;
        }
        while a == b && i == from.len() && j < to.len() && to[j] == 1 {
            j += 1;
        }
        if i == start_i {
            for k in 0..j - start_j {
                steps.push(Step::Insert {
                    axis: axis + k,
                    len: 1,
                });
            }
        } else if from[start_i..i] != to[start_j..j] {
            steps.push(Step::Merge {
                axis,
                sizes: from[start_i..i].to_vec(),
            });
            steps.push(Step::Split {
                axis,
                sizes: to[start_j..j].to_vec(),
            });
        }
        axis += j - start_j;
    }
    let trivial = |s: &Step| matches!(s, Step::Merge { sizes, .. } | Step::Split { sizes, .. } if sizes.len() == 1);
    steps.retain(|s| !trivial(s));
    steps
}

/// The shape to which all of these are broadcast.
pub fn common_shape(shapes: &[&[usize]]) -> Imported<Vec<usize>> {
    let rank = shapes.iter().map(|s| s.len()).max().unwrap_or(0);
    let mut common = vec![1; rank];
    for shape in shapes {
        for (slot, &len) in common.iter_mut().skip(rank - shape.len()).zip(*shape) {
            match (*slot, len) {
                (have, len) if have == len || len == 1 => {}
                (1, len) => *slot = len,
                _ => {
                    return refuse(format!(
                        "shapes {shapes:?} cannot be broadcast to each other"
                    ));
                }
            }
        }
    }
    Ok(common)
}

/// An axis of a tensor of this rank, of which negative ones count from the end.
pub fn axis(given: i64, rank: usize) -> Imported<usize> {
    let from_end = |given: i64| given.checked_add_unsigned(rank as u64);
    let axis = match given < 0 {
        true => from_end(given),
        false => Some(given),
    };
    match axis.and_then(|axis| usize::try_from(axis).ok()) {
        Some(axis) if axis < rank => Ok(axis),
        _ => refuse(format!("axis {given} of a tensor of {rank} axes")),
    }
}

/// Axes as [`axis`] reads them, each once.
pub fn axes(given: &[i64], rank: usize) -> Imported<Vec<usize>> {
    let axes = given.iter().map(|&a| axis(a, rank));
    let axes = axes.collect::<Imported<Vec<_>>>()?;
    let mut distinct = axes.clone();
    distinct.sort_unstable();
    distinct.dedup();
    match distinct.len() == axes.len() {
        true => Ok(axes),
        false => refuse(format!("axes {given:?}, of which one occurs twice")),
    }
}

impl Importer<'_> {
    /// Tensors one after the other along an axis.
    pub fn joined(&mut self, origin: &str, parts: &[LayerId], axis: usize) -> Imported<LayerId> {
        let total: usize = parts.iter().map(|&part| self.graph.shape(part)[axis]).sum();
        let mut terms = Vec::new();
        let mut offset = 0i64;
        for &part in parts {
            let shape = self.graph.shape(part).to_vec();
            let embed = slice(axis, &shape, -offset, 1, total);
            terms.push(self.graph.summand(1.0, part, vec![embed])?);
            offset += shape[axis] as i64;
        }
        let joined = self.graph.sum(origin, terms);
        self.quantized.joins.insert(joined, (parts.to_vec(), axis));
        Ok(joined)
    }

    /// A tensor repeated along axes of length one until it has this shape.
    pub fn broadcast_to(
        &mut self,
        origin: &str,
        source: LayerId,
        to: &[usize],
    ) -> Imported<LayerId> {
        let steps = broadcast(self.graph.shape(source), to)?;
        Ok(self.graph.view(origin, source, steps)?)
    }
}
