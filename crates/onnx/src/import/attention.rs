//! The operation Attention (opset 23), written out in the front end's own operations: products, masks, a softmax.

use crate::graph::MASK;
use tract_onnx::pb;
use tract_onnx::tract_core::ops::array::{Gather, TypedConcat};
use tract_onnx::tract_core::ops::change_axes::wire_with_rank_broadcast;
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::logic::{Iff, and};
use tract_onnx::tract_core::ops::math::{add, mul, tanh};
use tract_onnx::tract_core::ops::nn::{Softmax, SoftmaxKind};
use tract_onnx::tract_hir::internal::*;
use tract_onnx::{Onnx, model::ParsingContext};

/// Makes the operation known to a front end, in place of its own: that one has no soft cap, shows no scores, and lets a causal mask ignore
/// the past.
pub fn register(onnx: &mut Onnx) {
    onnx.op_register.insert(
        "Attention",
        |_: &ParsingContext<'_>, node: &pb::NodeProto| {
            let attribute = |name: &str| node.attribute.iter().find(|a| a.name == name);
            let count = |name: &str| attribute(name).and_then(|a| usize::try_from(a.i).ok());
            let has =
                |list: &[String], place: usize| list.get(place).is_some_and(|s| !s.is_empty());
            ensure!(
                !has(&node.input, 6),
                "lengths of what is not padding; give a mask instead"
            );
            let attention = Attention {
                query_heads: count("q_num_heads"),
                key_heads: count("kv_num_heads"),
                is_causal: count("is_causal") == Some(1),
                scale: attribute("scale").map(|a| a.f),
                softcap: attribute("softcap").map(|a| a.f).filter(|&cap| cap != 0.0),
                shown: match count("qk_matmul_output_mode").unwrap_or(0) {
                    0 => Scores::Products,
                    1 => Scores::Masked,
                    2 => Scores::Capped,
                    _ => Scores::Weights,
                },
                inputs: [3, 4, 5].map(|place| has(&node.input, place)),
                outputs: [1, 2, 3].map(|place| has(&node.output, place)),
            };
            Ok((expand(attention), vec![]))
        },
    );
}

#[derive(Clone, Debug)]
struct Attention {
    query_heads: Option<usize>,
    key_heads: Option<usize>,
    is_causal: bool,
    scale: Option<f32>,
    softcap: Option<f32>,
    shown: Scores,
    /// Which of the mask, the keys and the values of before are given.
    inputs: [bool; 3],
    /// Which of all keys, all values and the scores are asked for.
    outputs: [bool; 3],
}

/// What the last output shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scores {
    Products,
    Masked,
    Capped,
    Weights,
}

/// Puts nodes into a model, under names that begin alike.
struct Wiring<'a> {
    prefix: &'a str,
    model: &'a mut TypedModel,
}

impl Wiring<'_> {
    fn node(
        &mut self,
        name: &str,
        op: impl Into<Box<dyn TypedOp>>,
        inputs: &[OutletId],
    ) -> TractResult<OutletId> {
        let name = format!("{}.{name}", self.prefix);
        let outlets = wire_with_rank_broadcast(name, self.model, op, inputs)?;
        outlets.first().copied().context("a node without output")
    }

    /// A number of the type of a tensor.
    fn number(&mut self, name: &str, number: f32, like: OutletId) -> TractResult<OutletId> {
        let kind = self.model.outlet_fact(like)?.datum_type;
        let number = tensor0(number).cast_to_dt(kind)?.into_owned();
        self.constant(name, number)
    }

    fn constant(&mut self, name: &str, tensor: Tensor) -> TractResult<OutletId> {
        self.model
            .add_const(format!("{}.{name}", self.prefix), tensor)
    }

    fn shape(&self, outlet: OutletId) -> TractResult<TVec<usize>> {
        let fact = self.model.outlet_fact(outlet)?;
        let shape = fact.shape.as_concrete();
        Ok(shape.context("a dimension is open")?.into())
    }

    /// `[batch, length, heads * size]` as `[batch, heads, length, size]`.
    fn heads(&mut self, name: &str, x: OutletId, heads: Option<usize>) -> TractResult<OutletId> {
        let shape = self.shape(x)?;
        let [_, _, hidden] = shape[..] else {
            return Ok(x);
        };
        let heads = heads
            .context("tensors of three axes need the attributes q_num_heads and kv_num_heads")?;
        ensure!(
            heads > 0 && hidden.is_multiple_of(heads),
            "{hidden} cannot be cut into {heads} heads"
        );
        let sizes = tvec![heads.to_dim(), (hidden / heads).to_dim()];
        let op = AxisOp::Reshape(2, tvec![hidden.to_dim()], sizes);
        let cut = self.node(&format!("{name}.cut"), op, &[x])?;
        self.node(&format!("{name}.heads"), AxisOp::Move(2, 1), &[cut])
    }

    /// Each head as often as there are heads of the query to it.
    fn repeated(&mut self, name: &str, x: OutletId, heads: usize) -> TractResult<OutletId> {
        let own = self.shape(x)?.get(1).copied().unwrap_or(0);
        if own == heads {
            return Ok(x);
        }
        ensure!(
            own > 0 && heads.is_multiple_of(own),
            "{heads} heads of the query for {own} of keys or values"
        );
        let places: Vec<i64> = (0..heads)
            .map(|head| (head / (heads / own)) as i64)
            .collect();
        let places = self.constant(&format!("{name}.places"), tensor1(&places))?;
        let name = format!("{}.{name}.repeated", self.prefix);
        let outlets = self.model.wire_node(name, Gather::new(1), &[x, places])?;
        outlets.first().copied().context("a node without output")
    }

    fn product(
        &mut self,
        name: &str,
        axes: &str,
        left: OutletId,
        right: OutletId,
    ) -> TractResult<OutletId> {
        let kind = self.model.outlet_fact(left)?.datum_type;
        self.node(name, EinSum::new(axes.parse()?, kind), &[left, right])
    }

    /// A constant mask of numbers as truth values, which say where it hides something, and what it adds elsewhere.
    fn split(&mut self, mask: OutletId) -> TractResult<Option<[OutletId; 2]>> {
        let fact = self.model.outlet_fact(mask)?;
        let Some(constant) = fact.konst.clone() else {
            return Ok(None);
        };
        let numbers = constant.cast_to::<f32>()?;
        let numbers: Vec<f32> = numbers
            .to_plain_array_view::<f32>()?
            .iter()
            .copied()
            .collect();
        let is_seen = |number: &f32| f64::from(*number) > -MASK;
        if numbers.iter().all(is_seen) {
            return Ok(None);
        }
        let seen: Vec<bool> = numbers.iter().map(is_seen).collect();
        let rest = numbers.iter().map(|n| if is_seen(n) { *n } else { 0.0 });
        let rest = Tensor::from_shape(constant.shape(), &rest.collect::<Vec<f32>>())?;
        let rest = rest.cast_to_dt(constant.datum_type())?.into_owned();
        let seen = Tensor::from_shape(constant.shape(), &seen)?;
        let seen = self.constant("mask.seen", seen)?;
        Ok(Some([seen, self.constant("mask.rest", rest)?]))
    }

    /// `x` where a truth value holds, else minus infinity.
    fn kept(&mut self, name: &str, keep: OutletId, x: OutletId) -> TractResult<OutletId> {
        let hidden = self.number(&format!("{name}.hidden"), f32::NEG_INFINITY, x)?;
        self.node(name, Iff, &[keep, x, hidden])
    }
}

impl Expansion for Attention {
    fn name(&self) -> StaticName {
        "Attention".into()
    }

    fn nboutputs(&self) -> TractResult<usize> {
        Ok(1 + self.outputs.iter().filter(|asked| **asked).count())
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(
            inputs,
            3 + self.inputs.iter().filter(|given| **given).count(),
        )?;
        check_output_arity(outputs, self.nboutputs()?)?;
        for output in outputs {
            solver.equals(&inputs[0].datum_type, &output.datum_type)?;
        }
        solver.equals(&inputs[0].rank, &outputs[0].rank)
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let mut wiring = Wiring { prefix, model };
        let mut optional = inputs.iter().copied().skip(3);
        let [mask, past_key, past_value] = self
            .inputs
            .map(|given| given.then(|| optional.next()).flatten());
        let is_merged = wiring.shape(inputs[0])?.len() == 3;
        let query = wiring.heads("query", inputs[0], self.query_heads)?;
        let mut key = wiring.heads("key", inputs[1], self.key_heads)?;
        let mut value = wiring.heads("value", inputs[2], self.key_heads)?;
        let past = past_key.map(|key| wiring.shape(key)).transpose()?;
        if let Some(past) = past_key {
            key = wiring.node("all_keys", TypedConcat::new(2), &[past, key])?;
        }
        if let Some(past) = past_value {
            value = wiring.node("all_values", TypedConcat::new(2), &[past, value])?;
        }
        let all = [key, value];

        let shape = wiring.shape(query)?;
        let [_, heads, length, size] = shape[..] else {
            bail!("a query of {} axes; expected 3 or 4", shape.len());
        };
        let key = wiring.repeated("key", key, heads)?;
        let value = wiring.repeated("value", value, heads)?;
        let products = wiring.product("products", "bhqd,bhkd->bhqk", query, key)?;
        let scale = self.scale.unwrap_or(1.0 / (size as f32).sqrt());
        let scale = wiring.number("scale", scale, products)?;
        let products = wiring.node("scaled", mul(), &[products, scale])?;

        // Truth values say what is seen; numbers are added.
        let mut seen = None;
        let mut masked = products;
        if let Some(mut mask) = mask {
            if wiring.model.outlet_fact(mask)?.datum_type == bool::datum_type() {
                seen = Some(mask);
            } else {
                if let Some([kept, rest]) = wiring.split(mask)? {
                    (seen, mask) = (Some(kept), rest);
                }
                masked = wiring.node("masked", add(), &[products, mask])?;
            }
        }
        if self.is_causal {
            let total = wiring.shape(key)?.get(2).copied().unwrap_or(0);
            let past = past.and_then(|shape| shape.get(2).copied()).unwrap_or(0);
            let pairs = (0..length).flat_map(|q| (0..total).map(move |k| k <= q + past));
            let causal = Tensor::from_shape(&[length, total], &pairs.collect::<Vec<bool>>())?;
            let causal = wiring.constant("causal", causal)?;
            seen = Some(match seen {
                Some(mask) => wiring.node("seen", and(), &[mask, causal])?,
                None => causal,
            });
        }
        let mut capped = masked;
        if let Some(cap) = self.softcap {
            let inverse = wiring.number("inverse_cap", 1.0 / cap, masked)?;
            let cap = wiring.number("cap", cap, masked)?;
            capped = wiring.node("relative", mul(), &[capped, inverse])?;
            capped = wiring.node("squashed", tanh(), &[capped])?;
            capped = wiring.node("capped", mul(), &[capped, cap])?;
        }
        if let Some(seen) = seen {
            ensure!(
                self.softcap.is_none(),
                "softcap beside a mask that hides entries: the specification caps what is hidden, onnxruntime does not; write it out"
            );
            masked = wiring.kept("seen.masked", seen, masked)?;
            capped = masked;
        }
        let softmax = Softmax::new(tvec![3], None, SoftmaxKind::Softmax);
        let weights = wiring.node("weights", softmax, &[capped])?;
        let mut result = wiring.product("result", "bhqk,bhkd->bhqd", weights, value)?;
        if is_merged {
            let size = wiring.shape(result)?.get(3).copied().unwrap_or(0);
            let merged = tvec![(heads * size).to_dim()];
            let sizes = tvec![heads.to_dim(), size.to_dim()];
            result = wiring.node("joined", AxisOp::Move(1, 2), &[result])?;
            result = wiring.node("merged", AxisOp::Reshape(2, sizes, merged), &[result])?;
        }
        let scores = match self.shown {
            Scores::Products => products,
            Scores::Masked => masked,
            Scores::Capped => capped,
            Scores::Weights => weights,
        };
        let optional = [all[0], all[1], scores].into_iter().zip(self.outputs);
        let asked = optional.filter_map(|(outlet, asked)| asked.then_some(outlet));
        Ok([result].into_iter().chain(asked).collect())
    }
}
