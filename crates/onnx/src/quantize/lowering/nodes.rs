//! The program's nodes, each from its origin, with the scale that the lowering has chosen.

use super::meaning::of_input;
use super::state::{Lowering, Virtual};
use crate::OnnxError;
use crate::graph::LayerId;
use crate::quantize::scale::Format;
use inferproof_program::{Contract, Op, TableId, TensorId, Term};

impl Lowering<'_> {
    /// An input, with room in its range for what is no number.
    pub(super) fn input(
        &mut self,
        id: LayerId,
        shape: &[usize],
        mut format: Format,
    ) -> Result<TensorId, OnnxError> {
        let layer = self.graph.layer(id);
        let port = self.ports.get(&id).copied();
        let room = port.and_then(|port| of_input(port, &mut format));
        let name = port.map_or(layer.origin.as_str(), |port| port.name.as_str());
        let builder = self.builder.at(&layer.origin);
        let input = builder.input(name, shape, format.low..=format.high)?;
        if let Some(meaning) = room {
            self.builder.meaning(meaning(input));
        }
        Ok(self.made(input, format.scale))
    }

    pub(super) fn weights_of(
        &mut self,
        origin: &str,
        shape: &[usize],
        format: Format,
    ) -> Result<TensorId, OnnxError> {
        let builder = self.builder.at(origin);
        let id = builder.weight(shape, format.low..=format.high)?;
        Ok(self.made(id, format.scale))
    }

    pub(super) fn linear(
        &mut self,
        origin: &str,
        scale: i32,
        terms: Vec<Term>,
    ) -> Result<TensorId, OnnxError> {
        let id = self.builder.at(origin).linear(terms)?;
        Ok(self.made(id, scale))
    }

    pub(super) fn contraction(
        &mut self,
        origin: &str,
        scale: i32,
        contract: Contract,
    ) -> Result<TensorId, OnnxError> {
        let id = self.builder.at(origin).contract(contract)?;
        Ok(self.made(id, scale))
    }

    pub(super) fn maximum(
        &mut self,
        origin: &str,
        scale: i32,
        left: TensorId,
        right: TensorId,
    ) -> Result<TensorId, OnnxError> {
        let id = self.builder.at(origin).max(left, right)?;
        Ok(self.made(id, scale))
    }

    pub(super) fn rescaled(
        &mut self,
        origin: &str,
        source: TensorId,
        shift: u32,
        format: Format,
    ) -> Result<TensorId, OnnxError> {
        let builder = self.builder.at(origin);
        let id = builder.rescale(source, shift, format.low..=format.high)?;
        Ok(self.made(id, format.scale))
    }

    pub(super) fn looked_up(
        &mut self,
        origin: &str,
        source: TensorId,
        table: TableId,
        format: Format,
    ) -> Result<TensorId, OnnxError> {
        let builder = self.builder.at(origin);
        let id = builder.map(source, table, format.low..=format.high)?;
        Ok(self.made(id, format.scale))
    }

    pub(super) fn first_maxima(
        &mut self,
        origin: &str,
        source: TensorId,
    ) -> Result<TensorId, OnnxError> {
        let id = self.builder.at(origin).one_hot(source)?;
        Ok(self.made(id, 0))
    }

    pub(super) fn codes(
        &mut self,
        origin: &str,
        source: TensorId,
        classes: usize,
    ) -> Result<TensorId, OnnxError> {
        let id = self.builder.at(origin).indicator(source, classes)?;
        Ok(self.made(id, 0))
    }

    pub(super) fn rooted(
        &mut self,
        origin: &str,
        source: TensorId,
        format: Format,
    ) -> Result<TensorId, OnnxError> {
        let builder = self.builder.at(origin);
        let id = builder.root(source, format.low..=format.high)?;
        Ok(self.made(id, format.scale))
    }

    pub(super) fn divided(
        &mut self,
        origin: &str,
        dividend: TensorId,
        divisor: TensorId,
        format: Format,
    ) -> Result<TensorId, OnnxError> {
        let builder = self.builder.at(origin);
        let id = builder.quotient(dividend, divisor, format.low..=format.high)?;
        Ok(self.made(id, format.scale))
    }

    /// Notes what was made, and what of.
    fn made(&mut self, id: TensorId, scale: i32) -> TensorId {
        self.builder.set_scale(id, scale);
        let of = |id: &TensorId| self.virtuals[id.0 as usize].compound;
        let compound = match self.op(id) {
            Op::Contract(_) => true,
            Op::Linear(sum) => {
                let mut sources = sum.terms.iter().filter_map(|t| t.source.as_ref());
                let is_read = sum.terms.iter().any(|t| t.source.is_some());
                is_read && (sum.terms.len() > 1 || sources.any(of))
            }
            Op::Max(max) => of(&max.right),
            _ => false,
        };
        self.virtuals.push(Virtual {
            bilinear: self.builder.is_bilinear(id),
            compound,
        });
        id
    }
}
