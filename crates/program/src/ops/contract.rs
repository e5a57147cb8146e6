//! Contractions: matrix products, entry by entry products, and all between.

use super::{Before, Op, Operation, bounded, within};
use crate::batch::Batch;
#[cfg(feature = "interpreter")]
use crate::matrix_product::{Dimensions, product};
#[cfg(feature = "interpreter")]
use crate::run::Run;
#[cfg(feature = "testing")]
use crate::testing::{MAX_ENTRIES, Random};
use crate::{Builder, Interval, Program, ProgramError, Tensor, TensorId};
use inferproof_view::volume;
use serde::{Deserialize, Serialize};

/// Virtual: `output[s, f, g] = sum_k left[s, f, k] * right[s, g, k]`, where each of `s, f, g, k` stands for a run of axes.
/// Operands are committed tensors or [`Op::Linear`]s and [`Op::Max`]es of those, never (through those) another contraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// `[S.., F.., K..]`: the activation.
    pub left: TensorId,
    /// `[S.., G.., K..]`: the weight, or a second activation.
    pub right: TensorId,
    /// How many axes `S` has.
    pub shared: usize,
    /// How many axes `F` has.
    pub left_free: usize,
    /// How many axes `G` has.
    pub right_free: usize,
    /// How many axes `K` has.
    pub contracted: usize,
}

impl Contract {
    /// `left * right` along the last axis of both, with all the others free: a matrix times a transposed one.
    #[must_use]
    pub fn matrices(left: TensorId, right: TensorId) -> Self {
        Self {
            left,
            right,
            shared: 0,
            left_free: 1,
            right_free: 1,
            contracted: 1,
        }
    }

    /// Entry by entry, of two tensors with so many axes.
    #[must_use]
    pub fn entries(left: TensorId, right: TensorId, axes: usize) -> Self {
        Self {
            left,
            right,
            shared: axes,
            left_free: 0,
            right_free: 0,
            contracted: 0,
        }
    }

    /// The square of each entry of a tensor with so many axes.
    #[must_use]
    pub fn squares(of: TensorId, axes: usize) -> Self {
        Self::entries(of, of, axes)
    }

    /// Each entry of a tensor times itself, and sums of these: never negative.
    fn is_square(&self) -> bool {
        self.left == self.right && (self.left_free, self.right_free) == (0, 0)
    }

    /// The output's shape, and how many products each of its entries sums.
    fn shape(&self, left: &Tensor, right: &Tensor) -> Result<(Vec<usize>, i128), String> {
        let parts = |shape, free| parts(shape, self.shared, free, self.contracted);
        let (Some((s, f, k)), Some((s2, g, k2))) = (
            parts(&left.shape, self.left_free),
            parts(&right.shape, self.right_free),
        ) else {
            return Err(format!(
                "operands of shapes {:?} and {:?} do not have {} shared, {} and {} free, and {} contracted axes",
                left.shape,
                right.shape,
                self.shared,
                self.left_free,
                self.right_free,
                self.contracted
            ));
        };
        if s != s2 || k != k2 {
            return Err(format!(
                "the shared or contracted axes of {:?} and {:?} differ",
                left.shape, right.shape
            ));
        }
        let length = volume(k).and_then(|k| i128::try_from(k).ok());
        Ok(([s, f, g].concat(), length.unwrap_or(i128::MAX)))
    }

    /// The range of sums of so many products.
    fn sums(&self, left: &Tensor, right: &Tensor, length: i128) -> Interval {
        let product = match self.is_square() {
            true => left.range().square(),
            false => left.range().times(right.range()),
        };
        product.times(Interval::point(length))
    }

    #[cfg(feature = "interpreter")]
    fn dimensions(&self, left: &Tensor, right: &Tensor) -> Option<Dimensions> {
        let (s, f, k) = parts(&left.shape, self.shared, self.left_free, self.contracted)?;
        let (_, g, _) = parts(&right.shape, self.shared, self.right_free, self.contracted)?;
        Some(Dimensions {
            s: volume(s)?,
            f: volume(f)?,
            g: volume(g)?,
            k: volume(k)?,
        })
    }
}

/// Shared, free and contracted axes.
fn parts(
    shape: &[usize],
    shared: usize,
    free: usize,
    contracted: usize,
) -> Option<(&[usize], &[usize], &[usize])> {
    let (s, rest) = shape.split_at_checked(shared)?;
    let (free, k) = rest.split_at_checked(free)?;
    (k.len() == contracted).then_some((s, free, k))
}

impl Builder {
    /// A contraction. Its scale is the sum of the operands' scales.
    ///
    /// # Errors
    /// If there are no such tensors, their shapes do not fit, values could be too great, or an operand is made of another contraction.
    pub fn contract(&mut self, contract: Contract) -> Result<TensorId, ProgramError> {
        let operands = |of: &Self| {
            let before = of.before();
            let (left, right) = (
                before.tensor(contract.left)?,
                before.tensor(contract.right)?,
            );
            Ok(contract.shape(left, right)?.0)
        };
        let shape = operands(self).map_err(|reason| self.refusal(reason))?;
        let scale = self
            .scale_of(contract.left)
            .saturating_add(self.scale_of(contract.right));
        self.virtual_tensor(Op::Contract(contract), shape, scale)
    }
}

impl Operation for Contract {
    fn name(&self) -> &'static str {
        "contract"
    }

    fn is_committed(&self) -> bool {
        false
    }

    fn sources(&self) -> Vec<TensorId> {
        vec![self.left, self.right]
    }

    fn redirect(&mut self, to: &mut dyn FnMut(TensorId) -> TensorId) {
        (self.left, self.right) = (to(self.left), to(self.right));
    }

    fn check(&self, before: &Before<'_>, output: &Tensor) -> Result<(), String> {
        let (left, right) = (before.tensor(self.left)?, before.tensor(self.right)?);
        if before.is_bilinear(self.left) || before.is_bilinear(self.right) {
            return Err("an operand is made of another contraction; rescale it first".into());
        }
        let (shape, length) = self.shape(left, right)?;
        if output.shape != shape {
            return Err(format!(
                "expected output shape {shape:?}, got {:?}",
                output.shape
            ));
        }
        let sums = self.sums(left, right, length);
        bounded(sums.magnitude())?;
        within(sums, output)
    }

    fn bound(&self, program: &Program) -> Option<Interval> {
        let (left, right) = (program.tensor(self.left)?, program.tensor(self.right)?);
        let (_, length) = self.shape(left, right).ok()?;
        Some(self.sums(left, right, length))
    }

    fn is_bilinear(&self, _: &Before<'_>) -> bool {
        true
    }

    /// Two tensors of the samples share the samples' axis. One of them and a weight does not: that axis is free, and stands behind
    /// the shared ones, so that it is moved there and back.
    fn batched(&self, batch: &mut Batch<'_>, output: &Tensor) -> Result<TensorId, ProgramError> {
        let (left, right) = (batch.of(self.left), batch.of(self.right));
        let mut op = Self {
            left,
            right,
            ..*self
        };
        match (batch.is_shared(self.left), batch.is_shared(self.right)) {
            (true, true) => {
                let of_one = batch.builder.contract(op)?;
                return batch.builder.read(of_one, vec![batch.repeat()]);
            }
            (false, false) => op.shared += 1,
            (false, true) => {
                op.left = batch.move_samples(left, 0, self.shared)?;
                op.left_free += 1;
                let product = batch.builder.contract(op)?;
                return batch.move_samples(product, self.shared, 0);
            }
            (true, false) => {
                op.right = batch.move_samples(right, 0, self.shared)?;
                op.right_free += 1;
                let product = batch.builder.contract(op)?;
                return batch.move_samples(product, self.shared + self.left_free, 0);
            }
        }
        debug_assert_eq!(
            output.shape.len(),
            self.shared + self.left_free + self.right_free
        );
        batch.builder.contract(op)
    }

    #[cfg(feature = "interpreter")]
    fn run(&self, run: &Run<'_>, _: &Tensor) -> Result<Vec<i64>, String> {
        let tensors = run
            .program
            .tensor(self.left)
            .zip(run.program.tensor(self.right));
        let (left, right) = tensors.ok_or("an operand is missing")?;
        let dimensions = self.dimensions(left, right).ok_or("its axes do not fit")?;
        let (l, r) = (run.operand(self.left), run.operand(self.right));
        Ok(product(dimensions, (l, left), (r, right)))
    }
}

/// Of a tensor, perhaps through a view, and another that fits it.
#[cfg(feature = "testing")]
pub(crate) fn random(random: &mut Random<'_>) -> Option<TensorId> {
    let mut left = random.any_linear_tensor();
    if random.choose(3) == 0 {
        // A window, as of a convolution.
        let view = random.view(random.tensor(left).shape)?;
        left = random.linear(vec![super::Term {
            coefficient: 1,
            source: Some(left),
            view,
        }])?;
    }
    let shape = random.tensor(left).shape;
    let rank = shape.len();
    let shared = random.choose(rank.min(1) + 1);
    let contracted = random.choose(rank - shared + 1);
    let left_free = rank - shared - contracted;
    let free: Vec<usize> = (0..random.choose(3))
        .map(|_| 1 + random.choose(3))
        .collect();
    let (s, f, k) = parts(&shape, shared, left_free, contracted)?;
    let right_shape = [s, &free, k].concat();
    let output = [s, f, &free].concat();
    if volume(&output)? > MAX_ENTRIES || volume(&right_shape)? > MAX_ENTRIES {
        return None;
    }
    let right = random.of_shape(&right_shape, false)?;
    let right_free = free.len();
    random.contraction(Contract {
        left,
        right,
        shared,
        left_free,
        right_free,
        contracted,
    })
}
