//! From real numbers to integers and back, as quantized models do it: exactly, where integers stand behind the reals.

use crate::element::Element;
use crate::function::{Expression, Function};
use crate::graph::{Kind, LayerId, Source};
use crate::import::Importer;
use crate::import::build::broadcast::broadcast;
use crate::import::known::quantized::{Dequantized, Pair, Scales, Width};
use crate::import::refusal::{Imported, refuse};
use crate::import::value::Value;
use crate::integer_function::{IntegerFunction, Operand};
use crate::requantize::Requantization;
use inferproof_view::View;
use std::sync::Arc;

/// Entries of a table, at most.
const MAX_TABLE: i128 = 1 << 16;

const CLIPPED: &str = "the quantized model was read as the float model behind it: real numbers, clipped where its integers saturate, and dequantized weights";

/// A scale, a zero point and a type of integers.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub scale: f32,
    pub zero: i64,
    pub element: Element,
}

impl Target {
    /// The least and the greatest integer, less the zero point.
    fn bounds(&self) -> Imported<(i64, i64)> {
        match (self.element.bounds(), self.element.bits()) {
            (Some((low, high)), Some(..=16)) => {
                Ok((low as i64 - self.zero, high as i64 - self.zero))
            }
            _ => refuse(format!(
                "a quantization to {}; integers of 2, 4, 8 and 16 bits are supported",
                self.element
            )),
        }
    }
}

impl Importer<'_> {
    /// `clamp(round(x / scale) + zero)`, as the model's integers.
    pub fn quantize(&mut self, origin: &str, x: LayerId, target: Target) -> Imported<Value> {
        let (low, high) = target.bounds()?;
        if self.dequantizes {
            let real = |integer: i64| integer as f64 * f64::from(target.scale);
            let clamp = Function::Clamp {
                low: Some(real(low)),
                high: Some(real(high)),
            };
            let clipped = self.graph.apply(origin, x, clamp);
            let layer = self.stands_for_integers(origin, clipped, target.scale, CLIPPED)?;
            return Ok(Value::computed(layer, target.element));
        }
        let integers = self.quantized_integers(origin, x, &target, (low, high))?;
        let width = Width::of(target.element, target.zero);
        let layer = self.with_zero(origin, integers, target.zero, width)?;
        Ok(Value::computed(layer, target.element))
    }

    /// Real numbers in the place of integers, of which each is so many units: a layer of its own, so that nobody else takes it for such.
    pub fn stands_for_integers(
        &mut self,
        origin: &str,
        x: LayerId,
        scale: f32,
        note: &str,
    ) -> Imported<LayerId> {
        let shape = self.graph.shape(x).to_vec();
        let term = self.graph.summand(1.0, x, vec![])?;
        let layer = self.graph.push(origin, shape, Kind::Linear(vec![term]));
        self.quantized.reals.insert(layer, scale);
        self.notes.insert(note.to_owned());
        Ok(layer)
    }

    fn quantized_integers(
        &mut self,
        origin: &str,
        x: LayerId,
        target: &Target,
        (low, high): (i64, i64),
    ) -> Imported<LayerId> {
        let (root, then) = self.chain_of(x);
        if let Some(pair) = self.quantized.pairs.get(&root).copied()
            && let Some(integers) =
                self.of_pair(origin, root, pair, then.clone(), target, (low, high))?
        {
            return Ok(integers);
        }
        if let Some((parts, axis)) = self.quantized.joins.get(&x).cloned() {
            let mut known = Vec::new();
            for &part in &parts {
                known.extend(self.dequantized(origin, part)?);
            }
            if known.len() == parts.len() {
                let parts = parts
                    .iter()
                    .map(|&part| self.quantized_integers(origin, part, target, (low, high)));
                let parts = parts.collect::<Imported<Vec<_>>>()?;
                let joined = self.joined(origin, &parts, axis)?;
                // Pieces beside zeros are sums, whose static bounds are wider than their entries: this says how wide they are.
                let rule = Requantization {
                    factors: vec![1.0],
                    axis: 0,
                    divisor: 1.0,
                    low,
                    high,
                };
                return Ok(self.requantized(origin, joined, rule));
            }
        }
        let rule = |factors, axis, divisor, low, high| Requantization {
            factors,
            axis,
            divisor,
            low,
            high,
        };
        let Some(known) = self.dequantized(origin, root)? else {
            return Ok(self.requantized(origin, x, rule(vec![1.0], 0, target.scale, low, high)));
        };
        // A ReLU or clip only bounds the integers; whatever else there is becomes a table of all integers, if these are few.
        if let Some((least, greatest)) = clamps(&then) {
            let step = |real: f64| (real as f32 / target.scale).round_ties_even();
            let low = (step(least) as i64).clamp(low, high);
            let high = (step(greatest) as i64).clamp(low, high);
            let (factors, axis) = known.scales.all();
            let rule = match known.width.is_sum {
                true => {
                    let factors = factors.iter().map(|s| s / target.scale).collect();
                    rule(factors, axis, 1.0, low, high)
                }
                false => rule(factors, axis, target.scale, low, high),
            };
            let is_positive = |f: &f32| f.is_normal() && *f > 0.0;
            if !is_positive(&rule.divisor) || !rule.factors.iter().all(is_positive) {
                return refuse("a product or quotient of its scales is beyond single precision");
            }
            return Ok(self.requantized(origin, known.integers, rule));
        }
        if let (Some(range), &Scales::One(scale)) = (known.width.range, &known.scales)
            && i128::from(range.1) - i128::from(range.0) < MAX_TABLE
        {
            let function = IntegerFunction {
                operands: vec![Operand::Entry {
                    argument: 0,
                    scale,
                    then: Arc::new(Expression::Argument),
                }],
                operation: None,
                then,
                domains: vec![range],
                scale: target.scale,
                low,
                high,
            };
            let shape = self.graph.shape(x).to_vec();
            let sources = vec![(known.integers, shape.clone())];
            return self.looked_up(origin, shape, sources, function);
        }
        Ok(self.requantized(origin, x, rule(vec![1.0], 0, target.scale, low, high)))
    }

    /// An operation on two dequantized tensors, and what is made of it, as a table of all pairs of integers; `None` if these are too many.
    fn of_pair(
        &mut self,
        origin: &str,
        result: LayerId,
        pair: Pair,
        then: Arc<Expression>,
        target: &Target,
        (low, high): (i64, i64),
    ) -> Imported<Option<LayerId>> {
        let mut operands = Vec::new();
        let mut sources = Vec::new();
        let mut domains = Vec::new();
        for operand in pair.operands {
            if let Some(number) = self.uniform(operand) {
                operands.push(Operand::Number(number as f32));
                continue;
            }
            let (root, then) = self.chain_of(operand);
            let Some(Dequantized {
                integers,
                scales: Scales::One(scale),
                width,
            }) = self.dequantized(origin, root)?
            else {
                return Ok(None);
            };
            let Some(range) = width.range else {
                return Ok(None);
            };
            operands.push(Operand::Entry {
                argument: sources.len(),
                scale,
                then,
            });
            sources.push((integers, self.graph.shape(integers).to_vec()));
            domains.push(range);
        }
        let counts = domains
            .iter()
            .map(|(low, high)| i128::from(*high) - i128::from(*low) + 1);
        if sources.is_empty() || counts.fold(1, i128::saturating_mul) > MAX_TABLE {
            return Ok(None);
        }
        let shape = self.graph.shape(result).to_vec();
        let function = IntegerFunction {
            operands,
            operation: Some(pair.operation),
            then,
            domains,
            scale: target.scale,
            low,
            high,
        };
        self.looked_up(origin, shape, sources, function).map(Some)
    }

    fn looked_up(
        &mut self,
        origin: &str,
        shape: Vec<usize>,
        sources: Vec<(LayerId, Vec<usize>)>,
        function: IntegerFunction,
    ) -> Imported<LayerId> {
        let mut read = Vec::new();
        for (layer, from) in sources {
            let view = View::new(from.clone(), broadcast(&from, &shape)?)?;
            read.push(Source { layer, view });
        }
        let kind = Kind::Lookup {
            sources: read,
            function: Arc::new(function),
        };
        Ok(self.graph.push(origin, shape, kind))
    }

    fn requantized(&mut self, origin: &str, source: LayerId, rule: Requantization) -> LayerId {
        let shape = self.graph.shape(source).to_vec();
        let rule = Arc::new(rule);
        self.graph
            .push(origin, shape, Kind::Requantize { source, rule })
    }

    /// `(x - zero) * scale` of integers of the model; with more scales or zero points than one, those of the entries of an axis.
    pub fn dequantize(
        &mut self,
        origin: &str,
        x: LayerId,
        element: Element,
        (scales, zeros, axis): (&[f32], &[i64], usize),
    ) -> Imported<LayerId> {
        if let Some(&own) = self.quantized.reals.get(&x) {
            return match scales {
                [scale] => {
                    // A layer of its own, where the scale is the same, too: this one is real numbers for everybody.
                    let factor = f64::from(*scale) / f64::from(own);
                    let term = self.graph.summand(factor, x, vec![])?;
                    let shape = self.graph.shape(x).to_vec();
                    Ok(self.graph.push(origin, shape, Kind::Linear(vec![term])))
                }
                _ => refuse("several scales for integers that have one; export the float model"),
            };
        }
        let (integers, width) = match zeros {
            [zero] => self.integers_less(origin, x, *zero, element)?,
            _ => {
                let to = self.graph.shape(x).to_vec();
                let mut shape = vec![1; to.len()];
                if to.get(axis) != Some(&zeros.len()) {
                    return refuse(format!(
                        "{} zero points for a tensor of shape {to:?}",
                        zeros.len()
                    ));
                }
                shape[axis] = zeros.len();
                let values = zeros.iter().map(|&z| -(z as f32)).collect();
                let zeros = self.graph.add_constant(origin, shape.clone(), values);
                let terms = vec![
                    self.graph.summand(1.0, x, vec![])?,
                    self.graph.summand(1.0, zeros, broadcast(&shape, &to)?)?,
                ];
                let width = Width {
                    range: None,
                    ..Width::of(element, 0)
                };
                (self.graph.sum(origin, terms), width)
            }
        };
        let scales = match scales {
            [scale] => Scales::One(*scale),
            _ => Scales::Along {
                axis,
                scales: scales.to_vec(),
            },
        };
        self.times_scales(origin, integers, scales, width)
    }
}

/// The bounds that an expression puts on its argument, if it does nothing else.
fn clamps(expression: &Expression) -> Option<(f64, f64)> {
    match expression {
        Expression::Argument => Some((f64::NEG_INFINITY, f64::INFINITY)),
        Expression::Apply(Function::Clamp { low, high }, inner) => {
            let (least, greatest) = clamps(inner)?;
            let bound = |real: f64| {
                let raised = low.map_or(real, |low| real.max(low));
                high.map_or(raised, |high| raised.min(high))
            };
            Some((bound(least), bound(greatest)))
        }
        _ => None,
    }
}
