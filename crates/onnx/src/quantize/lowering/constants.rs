//! Constants as committed integers.

use super::state::{EXACT_BITS, Lowering, MAX_INTEGER_BITS};
use crate::OnnxError;
use crate::graph::LayerId;
use crate::numbers::Numbers;
use crate::quantize::scale::{Format, round, scaled};
use inferproof_program::{Integers, TensorId, Term};

/// The least width of weights that are integers of 8 bits in the model.
const WHOLE_BITS: u32 = 8;

/// Bits of an entry of a committed weight tensor.
const MAX_CONSTANT_BITS: u32 = 32;

/// The least width of weights that are only added up as bits pick them.
pub(super) const PICKED_BITS: u32 = 24;

impl Lowering<'_> {
    /// A constant at the width of weights.
    pub(super) fn weight(&mut self, id: LayerId) -> Result<TensorId, OnnxError> {
        let range = self.range(id);
        let bits = self.plan.weight(id);
        // Weights that a quantized model has as 8-bit integers stay these, at that width.
        let whole = (WHOLE_BITS..=EXACT_BITS)
            .chain([bits])
            .find_map(|bits| Format::integer_weight(range, bits));
        let integers = whole.filter(|_| self.graph.is_integral(id));
        self.quantized(id, integers.unwrap_or_else(|| Format::weight(range, bits)))
    }

    /// A constant of integers as these, for products of integers; at the width of weights where they are too wide to be committed.
    pub(super) fn whole_weight(&mut self, id: LayerId) -> Result<TensorId, OnnxError> {
        let range = self.range(id);
        let mut widths = EXACT_BITS + 1..=MAX_INTEGER_BITS;
        let fits_narrow = Format::integer_weight(range, EXACT_BITS).is_some();
        match widths.find_map(|bits| Format::integer_weight(range, bits)) {
            Some(format) if !fits_narrow => self.quantized(id, format),
            _ => self.weight(id),
        }
    }

    /// Whether a layer reads entries of a constant of integers, as they are.
    pub(super) fn is_viewed_integers(&self, id: LayerId) -> bool {
        let viewed = self.graph.viewed(id);
        viewed.is_some_and(|(source, _)| {
            self.graph.constant(source).is_some() && self.graph.is_integral(source)
        })
    }

    /// Such a layer, as a view of the constant's one commitment.
    pub(super) fn viewed_integers(&mut self, id: LayerId) -> Result<Option<TensorId>, OnnxError> {
        let graph = self.graph;
        let Some((source, view)) = graph.viewed(id).filter(|_| self.is_viewed_integers(id)) else {
            return Ok(None);
        };
        let weight = self.whole_weight(source)?;
        let term = Term {
            coefficient: 1,
            source: Some(weight),
            view: view.clone(),
        };
        let scale = self.tensor(weight).scale_log2;
        self.linear(&graph.layer(id).origin, scale, vec![term])
            .map(Some)
    }

    /// A constant to be added at a given scale, as a factor and a tensor, with as many bits as its greatest entry needs (only
    /// the width becomes public). Commitments hold 32 bits; what is wider loses low bits, which a 32-bit float does not have.
    pub(super) fn constant_at(
        &mut self,
        id: LayerId,
        scale: i32,
    ) -> Result<(i64, TensorId), OnnxError> {
        let range = self.range(id);
        let magnitude = round(scaled(range.high.max(-range.low).max(0.0), scale));
        let bits = 64 - magnitude.leading_zeros() + 1;
        let coarser = bits.saturating_sub(MAX_CONSTANT_BITS);
        let bits = bits
            .next_multiple_of(2)
            .max(self.plan.widths.weights)
            .min(MAX_CONSTANT_BITS);
        let high = (1i64 << (bits - 1)) - 1;
        let format = Format {
            low: -high,
            high,
            scale: scale - coarser as i32,
        };
        Ok((1 << coarser, self.quantized(id, format)?))
    }

    pub(super) fn quantized(&mut self, id: LayerId, format: Format) -> Result<TensorId, OnnxError> {
        if let Some(&tensor) = self.constants.get(&(id, format.scale, format.high)) {
            return Ok(tensor);
        }
        let layer = self.graph.layer(id);
        let values = self.graph.constant(id).map(Numbers::entries);
        let values = values.iter().flat_map(|values| values.iter());
        let integers = values.map(|&v| format.quantize(v.into()));
        let integers = Integers::of_range(integers, format.low, format.high);
        let integers = integers.ok_or_else(|| OnnxError::Model {
            reason: format!("{}: a constant is beyond its own format", layer.origin),
        })?;
        let tensor = self.weights_of(&layer.origin, &layer.shape, format)?;
        self.weights.insert(tensor, integers);
        self.constants
            .insert((id, format.scale, format.high), tensor);
        Ok(tensor)
    }

    /// Whether a tensor holds zeros and ones that mean just that.
    pub(super) fn is_bits(&self, id: TensorId) -> bool {
        let tensor = self.tensor(id);
        (tensor.low, tensor.high, tensor.scale_log2) == (0, 1, 0)
    }

    /// A constant to be multiplied by bits. Products are sums of some of its entries, which keep more bits than where factors of
    /// either side are rounded. Where nothing but a sign is read of the sums, signs and zeros stay exactly these.
    pub(super) fn picked(&mut self, id: LayerId, is_compared: bool) -> Result<TensorId, OnnxError> {
        let values = self.graph.constant(id);
        let is_sign = |v: &f32| [-1.0, 0.0, 1.0].contains(v);
        let format = if is_compared && values.is_some_and(|v| v.entries().iter().all(is_sign)) {
            Format::SIGN
        } else {
            let (range, bits) = (self.range(id), self.plan.weight(id).max(PICKED_BITS));
            // Integers stay what they are: at a finer scale the greatest might be off by a unit.
            let whole = Format::integer_weight(range, bits).filter(|_| self.graph.is_integral(id));
            whole.unwrap_or_else(|| Format::weight(range, bits))
        };
        self.quantized(id, format)
    }
}
