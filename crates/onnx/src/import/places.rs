//! GatherElements, GatherND, ScatterElements, ScatterND: operations that say where each entry comes from, or goes. With constant
//! indices each is a view.

use super::{Context, Imported, Importer, Refusal, asked, refuse};
use crate::graph::{Axes, Graph, LayerId};
use inferproof_view::{Step, volume};
use std::collections::BTreeMap;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::array::{
    GatherElements, GatherNd, ScatterElements, ScatterNd, ScatterReduction,
};

impl Importer<'_> {
    /// Entries of a tensor by constant indices: the front end's own operation is asked which of numbered entries stands where.
    pub(super) fn gathered(&mut self, context: &Context<'_>) -> Imported<LayerId> {
        let source = context.inputs[0];
        let shape = self.graph.shape(source).to_vec();
        let probe = numbered(&shape)?;
        let Some(indices) = self.constant_tensor(context, 1)? else {
            return match context.node.op.downcast_ref::<GatherElements>() {
                Some(op) => self.gathered_by_codes(context, op.axis),
                None => refuse("its indices are computed; they must be constants"),
            };
        };
        let outputs = asked(
            &*context.node.op,
            tvec!(probe.into_tvalue(), indices.into_tvalue()),
        )?;
        let places = integers(&outputs[0])?;
        let index = places.iter().map(|&place| u32::try_from(place).ok());
        let steps = flat_gather(&shape, index.collect(), &context.output_shape);
        Ok(self.graph.view(&context.origin, source, steps)?)
    }

    /// GatherElements by computed indices: along the axis, the product of each row with the one-hot code of each of its indices.
    fn gathered_by_codes(&mut self, context: &Context<'_>, axis: usize) -> Imported<LayerId> {
        let origin = &context.origin;
        let [source, indices] = context.inputs[..] else {
            return refuse("expected a tensor and indices");
        };
        if !self.graph.is_integral(indices) {
            return refuse("indices that are computed from floats");
        }
        let shape = self.graph.shape(source).to_vec();
        let places = self.graph.shape(indices).to_vec();
        let rank = shape.len();
        let others = (0..rank).filter(|&a| a != axis);
        // Rows that no index asks for are left out; the axis goes to the end.
        let mut steps: Vec<Step> = others
            .clone()
            .filter(|&a| places[a] != shape[a])
            .map(|a| super::shape::slice(a, &shape, 0, 1, places[a]))
            .collect();
        let order: Vec<usize> = others.chain([axis]).collect();
        steps.push(Step::Permute(order.clone()));
        let rows = self.graph.view(origin, source, steps)?;
        let indices = self
            .graph
            .view(origin, indices, vec![Step::Permute(order.clone())])?;
        let codes = self.graph.indicator(origin, indices, shape[axis], true);
        let axes = Axes {
            shared: rank - 1,
            left_free: 1,
            right_free: 0,
            contracted: 1,
        };
        let entries = self.graph.contract(origin, codes, rows, axes);
        let back = (0..rank).filter_map(|a| order.iter().position(|&o| o == a));
        let back = vec![Step::Permute(back.collect())];
        Ok(self.graph.view(origin, entries, back)?)
    }

    /// A tensor with other entries in constant places: a sum of two views.
    pub(super) fn scattered(&mut self, context: &Context<'_>) -> Imported<LayerId> {
        let origin = &context.origin;
        let [data, _, updates] = context.inputs[..] else {
            return refuse("expected a tensor, indices and updates");
        };
        let Some(indices) = self.constant_tensor(context, 1)? else {
            return refuse("its indices are computed; they must be constants");
        };
        let shape = self.graph.shape(data).to_vec();
        let from = self.graph.shape(updates).to_vec();
        // An update goes where a gather with the same indices reads.
        let op = &context.node.op;
        let inputs = tvec!(numbered(&shape)?.into_tvalue(), indices.into_tvalue());
        let (reduction, places) = if let Some(op) = op.downcast_ref::<ScatterElements>() {
            (op.reduction, asked(&GatherElements::new(op.axis), inputs)?)
        } else if let Some(op) = op.downcast_ref::<ScatterNd>() {
            (op.reduction, asked(&GatherNd::new(0), inputs)?)
        } else {
            return refuse("this operation has no import");
        };
        let mut current = data;
        for round in rounds(&integers(&places[0])?, reduction)? {
            let count = [round.len()];
            let own = round.values().copied().map(Some).collect();
            let own = flat_gather(&from, own, &count);
            let mut own = self.graph.view(origin, updates, own)?;
            if reduction != ScatterReduction::None {
                let before = round.keys().copied().map(Some).collect();
                let before = flat_gather(&shape, before, &count);
                let before = self.graph.view(origin, current, before)?;
                own = self.reduced(origin, before, own, reduction)?;
            }
            let places = 0u32..u32::try_from(volume(&shape).unwrap_or(0))?;
            let kept = places
                .clone()
                .map(|place| (!round.contains_key(&place)).then_some(place));
            let mut positions = 0u32..;
            let back = places.map(|place| round.get(&place).and_then(|_| positions.next()));
            let kept = flat_gather(&shape, kept.collect(), &shape);
            let back = flat_gather(&count, back.collect(), &shape);
            let terms = vec![
                self.graph.summand(1.0, current, kept)?,
                self.graph.summand(1.0, own, back)?,
            ];
            current = self.graph.sum(origin, terms);
        }
        Ok(current)
    }

    /// Entry by entry, what a scatter makes of the entry before and its update.
    fn reduced(
        &mut self,
        origin: &str,
        before: LayerId,
        update: LayerId,
        reduction: ScatterReduction,
    ) -> Imported<LayerId> {
        let greatest = |graph: &mut Graph, sign: f64| -> Imported<LayerId> {
            let before = graph.scaled(origin, sign, before, vec![])?;
            let update = graph.scaled(origin, sign, update, vec![])?;
            let greatest = graph.max(origin, before, update);
            Ok(graph.scaled(origin, sign, greatest, vec![])?)
        };
        match reduction {
            ScatterReduction::None => Ok(update),
            ScatterReduction::Add => {
                let terms = vec![
                    self.graph.summand(1.0, before, vec![])?,
                    self.graph.summand(1.0, update, vec![])?,
                ];
                Ok(self.graph.sum(origin, terms))
            }
            ScatterReduction::Mul => Ok(self.graph.entrywise(origin, before, update)),
            ScatterReduction::Max => greatest(&mut self.graph, 1.0),
            ScatterReduction::Min => greatest(&mut self.graph, -1.0),
        }
    }

    /// An input of a node, if it is a constant.
    pub(super) fn constant_tensor(
        &self,
        context: &Context<'_>,
        input: usize,
    ) -> Imported<Option<Tensor>> {
        let Some(&outlet) = context.node.inputs.get(input) else {
            return Ok(None);
        };
        let fact = self.model.outlet_fact(outlet);
        let fact = fact.map_err(|e| Refusal(e.to_string()))?;
        Ok(fact.konst.as_ref().map(|tensor| (**tensor).clone()))
    }
}

/// Updates by the places where they go, in rounds in which no place has two. Without a reduction only the last of a place counts.
fn rounds(places: &[i64], reduction: ScatterReduction) -> Imported<Vec<BTreeMap<u32, u32>>> {
    let mut rounds: Vec<BTreeMap<u32, u32>> = vec![BTreeMap::new()];
    for (update, &place) in (0u32..).zip(places) {
        let place = u32::try_from(place)?;
        let free = rounds.iter().position(|round| !round.contains_key(&place));
        let round = match (reduction, free) {
            (ScatterReduction::None, _) => 0,
            (_, Some(round)) => round,
            (_, None) => {
                rounds.push(BTreeMap::new());
                rounds.len() - 1
            }
        };
        rounds[round].insert(place, update);
    }
    Ok(rounds)
}

/// A tensor with the numbers of its entries.
fn numbered(shape: &[usize]) -> Imported<Tensor> {
    let count = volume(shape).unwrap_or(0);
    let numbers = (0..count).map(i64::try_from);
    let numbers: Vec<i64> = numbers.collect::<Result<_, _>>()?;
    Tensor::from_shape(shape, &numbers).map_err(|e| Refusal(e.to_string()))
}

fn integers(tensor: &Tensor) -> Imported<Vec<i64>> {
    let view = tensor.to_plain_array_view::<i64>();
    let view = view.map_err(|e| Refusal(e.to_string()))?;
    Ok(view.iter().copied().collect())
}

/// Steps that read all axes of `from` as one, gather its entries, and read them as axes `to`.
pub(super) fn flat_gather(from: &[usize], index: Vec<Option<u32>>, to: &[usize]) -> Vec<Step> {
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
