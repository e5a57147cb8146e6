//! The float reference: computes a [`Graph`] in double precision.
//!
//! Sums run in one fixed order and functions come from `libm`, so a calibration gives the same scales on every machine.

use crate::graph::{Axes, Divisor, Graph, Kind, LayerId, Real};
use crate::numbers::Numbers;
use inferproof_view::{Step, ViewError, volume};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Columns of a product that are worth a task of their own.
const COLUMNS: usize = 16;

/// The values of layers for one sample, as far as they are there: not those of constants, and of others as long as something reads them.
pub struct Activations<'a> {
    graph: &'a Graph,
    values: Vec<Option<Arc<Vec<Real>>>>,
    /// The windows of convolutions, which are never shown: they are many times larger than what they are made of.
    windows: BTreeSet<LayerId>,
}

impl Activations<'_> {
    /// A layer's values; `None` for a constant and for what was dropped, none for the windows of a convolution.
    pub fn get(&self, id: LayerId) -> Option<&[Real]> {
        let values = self.values.get(id.0)?.as_ref()?;
        Some(match self.windows.contains(&id) {
            true => &[],
            false => values,
        })
    }
}

/// Runs the graph on one sample, one array per input, and keeps the values of these layers.
pub fn evaluate<'a>(
    graph: &'a Graph,
    inputs: &[Vec<f64>],
    kept: impl Fn(LayerId) -> bool,
) -> Result<Activations<'a>, ViewError> {
    let inputs = inputs.iter().map(|values| Arc::new(reals(values)));
    evaluate_observed(graph, inputs.collect(), kept, &mut |_, _| Ok(()))
}

/// Runs the graph on inputs of any precision, and keeps the values of these layers. Each layer is shown when it was computed, in order, while
/// what it was made of is there as well; then values are dropped that nothing will read.
pub fn evaluate_observed<'a, E: From<ViewError>>(
    graph: &'a Graph,
    inputs: Vec<Arc<Vec<Real>>>,
    kept: impl Fn(LayerId) -> bool,
    observe: &mut dyn FnMut(LayerId, &Activations<'_>) -> Result<(), E>,
) -> Result<Activations<'a>, E> {
    let last_reader = last_readers(graph);
    let mut run = Activations {
        graph,
        values: vec![None; graph.layers.len()],
        windows: windows(graph, &last_reader),
    };
    for (id, values) in graph.inputs.iter().zip(inputs) {
        run.values[id.0] = Some(values);
    }
    for position in 0..graph.layers.len() {
        let id = LayerId(position);
        if run.values[position].is_none() {
            run.values[position] = {
                let layer = graph.layer(id);
                let mut values = run.layer(&layer.kind, &layer.shape)?;
                if graph.masked.contains_key(&id) && !layer.integral {
                    // What a mask hides is lost in single precision, so that hidden entries are often equal.
                    let values = values.iter_mut().flatten();
                    values.for_each(|v| v.0 = f64::from(v.0 as f32));
                }
                values.map(Arc::new)
            };
        }
        observe(id, &run)?;
        let read = graph.layer(id).kind.sources().into_iter();
        let read = read.filter(|source| last_reader[source.0] == Some(position));
        for done in read.chain(last_reader[position].is_none().then_some(id)) {
            if run.windows.contains(&done) {
                run.values[done.0] = Some(Arc::default());
            } else if !kept(done) {
                run.values[done.0] = None;
            }
        }
    }
    Ok(run)
}

/// The layers that the last contraction to read them unfolds.
fn windows(graph: &Graph, last_reader: &[Option<usize>]) -> BTreeSet<LayerId> {
    let mut found = BTreeSet::new();
    for (position, layer) in graph.layers.iter().enumerate() {
        let Kind::Contract { left, right, .. } = layer.kind else {
            continue;
        };
        let is_window = |source: &LayerId| {
            let is_last = last_reader[source.0] == Some(position);
            is_last && !graph.outputs.contains(source) && is_enlarged(&graph.layer(*source).kind)
        };
        found.extend([left, right].into_iter().filter(is_window));
    }
    found
}

/// Whether a layer only repeats entries of its source: its range is the source's.
fn is_enlarged(kind: &Kind) -> bool {
    let Kind::Linear(terms) = kind else {
        return false;
    };
    let [term] = &terms[..] else {
        return false;
    };
    let sums = |step: &Step| matches!(step, Step::Reduce { .. } | Step::SuffixSum { .. });
    volume(term.view.target()) > volume(term.view.source()) && !term.view.steps().iter().any(sums)
}

/// The last layer that reads each, if there is one.
fn last_readers(graph: &Graph) -> Vec<Option<usize>> {
    let mut last = vec![None; graph.layers.len()];
    for (position, layer) in graph.layers.iter().enumerate() {
        for source in layer.kind.sources() {
            last[source.0] = Some(position);
        }
    }
    last
}

/// Numbers as those that views are applied to.
pub fn reals<T: Copy + Into<f64>>(values: &[T]) -> Vec<Real> {
    values.iter().map(|&v| Real(v.into())).collect()
}

impl Activations<'_> {
    fn read(&self, id: LayerId) -> Arc<Vec<Real>> {
        match (&self.values[id.0], &self.graph.layer(id).kind) {
            (Some(values), _) => values.clone(),
            (None, Kind::Constant(values)) => Arc::new(reals(&values.entries())),
            (None, _) => Arc::default(),
        }
    }

    fn layer(&self, kind: &Kind, shape: &[usize]) -> Result<Option<Vec<Real>>, ViewError> {
        Ok(Some(match kind {
            Kind::Input { .. } | Kind::Constant(_) => return Ok(None),
            Kind::Linear(terms) => {
                let mut sum: Vec<Real> = Vec::new();
                for term in terms {
                    let viewed = match term.source {
                        None => term.view.apply(&[Real(1.0)])?,
                        Some(source) => term.view.apply(&self.read(source))?,
                    };
                    if sum.is_empty() {
                        sum = vec![Real::default(); viewed.len()];
                    }
                    for (s, v) in sum.iter_mut().zip(viewed) {
                        s.0 += term.coefficient * v.0;
                    }
                }
                sum
            }
            Kind::Indicator { source, wraps } => {
                let indices = self.read(*source);
                let classes = volume(shape).unwrap_or(0) / indices.len().max(1);
                let codes = indices.iter().flat_map(|index| {
                    let index = match *wraps && index.0 < 0.0 {
                        true => index.0 + classes as f64,
                        false => index.0,
                    };
                    let hot = index.max(0.0) as usize;
                    let hot = hot.min(classes.saturating_sub(1));
                    (0..classes).map(move |class| Real(f64::from(u8::from(class == hot))))
                });
                codes.collect()
            }
            Kind::Logits { source } => self.read(*source).to_vec(),
            Kind::Requantize { source, rule } => {
                let values = self.read(*source);
                let integers = rule.apply(shape, values.iter().map(|v| v.0));
                integers.into_iter().map(Real::from).collect()
            }
            Kind::Lookup { sources, function } => {
                let viewed = sources.iter().map(|s| s.view.apply(&self.read(s.layer)));
                let viewed: Vec<Vec<Real>> = viewed.collect::<Result<_, _>>()?;
                let count = volume(shape).unwrap_or(0);
                let results = (0..count).map(|i| {
                    let arguments = viewed.iter().map(|v| v[i].0 as i64);
                    Real::from(function.evaluate(&arguments.collect::<Vec<_>>()))
                });
                results.collect()
            }
            Kind::Quotient { left, divisor } => {
                let dividends = self.read(*left);
                // Of the quotients of integers in double precision none is rounded up to the next integer.
                let quotient = |(x, d): (&Real, f64)| Real((x.0 / d).floor());
                match divisor {
                    Divisor::Number(d) => {
                        let d = *d as f64;
                        dividends.iter().map(|x| quotient((x, d))).collect()
                    }
                    Divisor::Layer(right) => {
                        let divisors = self.read(*right);
                        let pairs = dividends.iter().zip(divisors.iter().map(|d| d.0));
                        pairs.map(quotient).collect()
                    }
                }
            }
            Kind::Contract { left, right, axes } => self.contract(*left, *right, *axes),
            Kind::Apply { source, function } => {
                let values = self.read(*source);
                let apply = |v: &Real| Real(function.evaluate(v.0));
                values.iter().map(apply).collect()
            }
            Kind::Max { left, right } => {
                let (left, right) = (self.read(*left), self.read(*right));
                let pairs = left.iter().zip(right.iter());
                pairs.map(|(l, r)| Real(l.0.max(r.0))).collect()
            }
            Kind::OneHot { source, taken } => {
                let width = self.graph.shape(*source).last().copied().unwrap_or(1);
                let mut values: Vec<f64> = self.read(*source).iter().map(|v| v.0).collect();
                for taken in taken {
                    for (value, taken) in values.iter_mut().zip(self.read(*taken).iter()) {
                        if taken.0 > 0.0 {
                            *value = f64::NEG_INFINITY;
                        }
                    }
                }
                let rows = values.chunks(width.max(1));
                rows.flat_map(|row| {
                    let first = argmax(row.iter());
                    (0..row.len()).map(move |i| Real(f64::from(u8::from(i == first))))
                })
                .collect()
            }
        }))
    }

    fn contract(&self, left: LayerId, right: LayerId, axes: Axes) -> Vec<Real> {
        let (ls, rs) = (self.graph.shape(left), self.graph.shape(right));
        let s: usize = ls[..axes.shared].iter().product();
        let k: usize = ls[ls.len() - axes.contracted..].iter().product();
        let f: usize = ls[axes.shared..][..axes.left_free].iter().product();
        let g: usize = rs[axes.shared..][..axes.right_free].iter().product();
        let left = self.read(left);
        let constant = self.graph.constant(right).map(Numbers::entries);
        let computed = match &constant {
            Some(_) => Arc::default(),
            None => self.read(right),
        };
        let mut out = vec![Real::default(); s * f * g];
        for shared in 0..s {
            let rows = &left[shared * f * k..][..f * k];
            // Column by column, each of which all rows read: the sums are the same in whatever order they are made.
            let columns = (0..g).into_par_iter().with_min_len(COLUMNS);
            let columns = columns.map_init(
                || vec![Real::default(); k],
                |column, j| {
                    let range = (shared * g + j) * k..(shared * g + j + 1) * k;
                    let column = match &constant {
                        Some(values) => {
                            for (slot, &v) in column.iter_mut().zip(&values[range]) {
                                slot.0 = v.into();
                            }
                            &column[..]
                        }
                        None => &computed[range],
                    };
                    let products = (0..f).map(|i| Real(dot(&rows[i * k..][..k], column)));
                    products.collect::<Vec<_>>()
                },
            );
            let columns: Vec<Vec<Real>> = columns.collect();
            let block = &mut out[shared * f * g..][..f * g];
            for (j, column) in columns.iter().enumerate() {
                for (i, &product) in column.iter().enumerate() {
                    block[i * g + j] = product;
                }
            }
        }
        out
    }
}

/// A scalar product with four partial sums, in an order that does not depend on the machine.
fn dot(x: &[Real], y: &[Real]) -> f64 {
    let (x4, y4) = (x.chunks_exact(4), y.chunks_exact(4));
    let rest = x4.remainder().iter().zip(y4.remainder());
    let rest: f64 = rest.map(|(a, b)| a.0 * b.0).sum();
    let mut lanes = [0f64; 4];
    for (a, b) in x4.zip(y4) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a.0 * b.0;
        }
    }
    (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]) + rest
}

/// The first index of the maximum; 0 if there is none.
pub fn argmax<T: PartialOrd>(values: impl Iterator<Item = T>) -> usize {
    let mut best: Option<(usize, T)> = None;
    for (i, value) in values.enumerate() {
        if best.as_ref().is_none_or(|(_, b)| value > *b) {
            best = Some((i, value));
        }
    }
    best.map_or(0, |(i, _)| i)
}
