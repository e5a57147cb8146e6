//! The float reference: computes a [`Graph`] in double precision.
//!
//! Sums run in one fixed order and functions come from `libm`, so a calibration gives the same scales on every machine.

use crate::graph::{Axes, Divisor, Graph, Kind, LayerId, Real};
use inferproof_view::{Step, ViewError, volume};
use std::sync::Arc;

/// The values of every layer but constants, for one sample.
pub struct Activations {
    values: Vec<Option<Arc<Vec<Real>>>>,
}

impl Activations {
    /// A layer's values; `None` for a constant.
    pub fn get(&self, id: LayerId) -> Option<&[Real]> {
        self.values
            .get(id.0)?
            .as_ref()
            .map(|values| values.as_slice())
    }
}

/// Runs the graph on one sample, one array per input.
pub fn evaluate(graph: &Graph, inputs: &[Vec<f64>]) -> Result<Activations, ViewError> {
    let inputs = inputs.iter().map(|values| Arc::new(reals(values)));
    evaluate_reals(graph, inputs.collect())
}

/// Runs the graph on inputs of any precision.
pub fn evaluate_reals(
    graph: &Graph,
    inputs: Vec<Arc<Vec<Real>>>,
) -> Result<Activations, ViewError> {
    let mut run = Run {
        graph,
        values: vec![None; graph.layers.len()],
    };
    for (id, values) in graph.inputs.iter().zip(inputs) {
        run.values[id.0] = Some(values);
    }
    let last_reader = last_readers(graph);
    for position in 0..graph.layers.len() {
        if run.values[position].is_none() {
            run.values[position] = {
                let layer = &graph.layers[position];
                let mut values = run.layer(&layer.kind, &layer.shape)?;
                if graph.masked.contains_key(&LayerId(position)) && !layer.integral {
                    // What a mask hides is lost in single precision, so that hidden entries are often equal.
                    let values = values.iter_mut().flatten();
                    values.for_each(|v| v.0 = f64::from(v.0 as f32));
                }
                values.map(Arc::new)
            };
        }
        // The windows of a convolution are many times larger than what they are made of: they are dropped after use.
        for source in graph.layers[position].kind.sources() {
            let is_window = matches!(graph.layers[position].kind, Kind::Contract { .. })
                && is_enlarged(&graph.layer(source).kind);
            if is_window && last_reader[source.0] == position {
                run.values[source.0] = Some(Arc::default());
            }
        }
    }
    Ok(Activations { values: run.values })
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

fn last_readers(graph: &Graph) -> Vec<usize> {
    let mut last = vec![usize::MAX; graph.layers.len()];
    for (position, layer) in graph.layers.iter().enumerate() {
        for source in layer.kind.sources() {
            last[source.0] = position;
        }
    }
    graph.outputs.iter().for_each(|id| last[id.0] = usize::MAX);
    last
}

fn reals<T: Copy + Into<f64>>(values: &[T]) -> Vec<Real> {
    values.iter().map(|&v| Real(v.into())).collect()
}

struct Run<'a> {
    graph: &'a Graph,
    values: Vec<Option<Arc<Vec<Real>>>>,
}

impl Run<'_> {
    fn read(&self, id: LayerId) -> Arc<Vec<Real>> {
        match (&self.values[id.0], &self.graph.layer(id).kind) {
            (Some(values), _) => values.clone(),
            (None, Kind::Constant(values)) => Arc::new(reals(values)),
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
        let mut out = Vec::with_capacity(s * f * g);
        let constant = self.graph.constant(right).cloned();
        let computed = if constant.is_some() {
            Arc::default()
        } else {
            self.read(right)
        };
        let mut column = vec![Real::default(); k];
        for shared in 0..s {
            let mut block = vec![Real::default(); f * g];
            for j in 0..g {
                let range = (shared * g + j) * k..(shared * g + j + 1) * k;
                match &constant {
                    Some(values) => {
                        for (slot, &v) in column.iter_mut().zip(&values[range]) {
                            slot.0 = v.into();
                        }
                    }
                    None => column.copy_from_slice(&computed[range]),
                }
                for i in 0..f {
                    let row = &left[(shared * f + i) * k..][..k];
                    block[i * g + j] = Real(dot(row, &column));
                }
            }
            out.append(&mut block);
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
