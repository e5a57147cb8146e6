//! Resize: a linear map of each axis, with constant weights.
//!
//! Its rules are many (how coordinates are transformed, which entries are nearest, what a cubic's coefficients are), so the front end's
//! own operation is asked for the matrix of each axis.

use super::{Context, Imported, Importer, Refusal, asked, numbers, refuse};
use crate::graph::{Axes, LayerId, Summand};
use inferproof_view::Step;
use std::collections::BTreeMap;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::nn::resize;
use tract_onnx_opl::resize::{AspectRatio, CoordTransform, Nearest, Resize};

/// Terms of a sum of views, at most; where there would be more, a product with the matrix itself takes their place.
const MAX_TERMS: usize = 12;

/// One axis: its place, and the row of weights that makes each of its entries.
struct Resized {
    axis: usize,
    source: usize,
    rows: Vec<Vec<f32>>,
}

/// The operation, whichever of its two forms the front end has it in.
pub(super) fn read(op: &dyn TypedOp) -> Option<Resize> {
    if let Some(op) = op.downcast_ref::<Resize>() {
        return Some(op.clone());
    }
    let op = op.downcast_ref::<resize::Resize>()?;
    let nearest = match op.nearest {
        resize::Nearest::Floor => Nearest::Floor,
        resize::Nearest::RoundPreferCeil => Nearest::RoundPreferCeil,
    };
    Some(Resize {
        axes: None,
        coord_transformer: CoordTransform::Plain(op.coord_transformer.clone()),
        interpolator: op.interpolator.clone(),
        nearest,
        antialias: false,
        cubic_coeff_a_bits: (-0.75f32).to_bits(),
        exclude_outside: false,
        extrapolation_value_bits: 0,
        keep_aspect_ratio_policy: AspectRatio::Stretch,
        optional_roi_input: None,
        optional_scales_input: op.optional_scales_input,
        optional_sizes_input: op.optional_sizes_input,
    })
}

impl Importer<'_> {
    pub(super) fn resized(&mut self, context: &Context<'_>, op: &Resize) -> Imported<LayerId> {
        let origin = &context.origin;
        let mut source = context.inputs[0];
        let rank = self.graph.shape(source).len();
        let mut axes = Vec::new();
        let of_op = op.resized_axes(rank);
        for (place, &axis) in of_op.map_err(failed)?.iter().enumerate() {
            axes.extend(self.resized_axis(context, op, axis, place)?);
        }
        // All at once, where the sum has few terms: nothing in between is rounded.
        let terms = axes.iter().map(|axis| axis.terms().len());
        if terms.product::<usize>() <= MAX_TERMS {
            let mut terms = vec![(1.0, vec![])];
            for axis in &axes {
                let own = axis.terms();
                let longer = |(factor, steps): &(f64, Vec<Step>)| {
                    let chain = own.iter().map(|(weight, step)| {
                        (
                            factor * weight,
                            [&steps[..], std::slice::from_ref(step)].concat(),
                        )
                    });
                    chain.collect::<Vec<_>>()
                };
                terms = terms.iter().flat_map(longer).collect();
            }
            return self.sum_of_views(origin, source, terms);
        }
        for axis in &axes {
            let terms = axis.terms();
            source = if terms.len() <= MAX_TERMS {
                let terms = terms.into_iter().map(|(weight, step)| (weight, vec![step]));
                self.sum_of_views(origin, source, terms.collect())?
            } else {
                self.resized_by_matrix(origin, source, axis)?
            };
        }
        Ok(source)
    }

    fn sum_of_views(
        &mut self,
        origin: &str,
        source: LayerId,
        mut terms: Vec<(f64, Vec<Step>)>,
    ) -> Imported<LayerId> {
        if terms.len() == 1
            && let Some((factor, steps)) = terms.pop()
        {
            return Ok(self.graph.scaled(origin, factor, source, steps)?);
        }
        let terms = terms.into_iter();
        let terms: Result<Vec<Summand>, _> = terms
            .map(|(factor, steps)| self.graph.summand(factor, source, steps))
            .collect();
        Ok(self.graph.sum(origin, terms?))
    }

    fn resized_by_matrix(
        &mut self,
        origin: &str,
        source: LayerId,
        resized: &Resized,
    ) -> Imported<LayerId> {
        let rank = self.graph.shape(source).len();
        let order = (0..rank)
            .filter(|&a| a != resized.axis)
            .chain([resized.axis]);
        let order: Vec<usize> = order.collect();
        let there = vec![Step::Permute(order.clone())];
        let source = self.graph.view(origin, source, there)?;
        let shape = vec![resized.rows.len(), resized.source];
        let matrix = self
            .graph
            .add_constant(origin, shape, resized.rows.concat());
        let axes = Axes {
            shared: 0,
            left_free: rank - 1,
            right_free: 1,
            contracted: 1,
        };
        let product = self.graph.contract(origin, source, matrix, axes);
        let back = (0..rank).filter_map(|a| order.iter().position(|&o| o == a));
        let back = vec![Step::Permute(back.collect())];
        Ok(self.graph.view(origin, product, back)?)
    }

    /// What the operation makes of one axis; `None` if it leaves it as it is. The axis has this place among those of the operation.
    fn resized_axis(
        &self,
        context: &Context<'_>,
        op: &Resize,
        axis: usize,
        place: usize,
    ) -> Imported<Option<Resized>> {
        let source = self.graph.shape(context.inputs[0])[axis];
        let target = context.output_shape[axis];
        let [region, scales, sizes] = [
            op.optional_roi_input,
            op.optional_scales_input,
            op.optional_sizes_input,
        ]
        .map(|input| input.map(|input| self.parameter(context, input)));
        let entry = |values: &[f32], place: usize| values.get(place).copied();
        let region = region.transpose()?.unwrap_or_default();
        let count = region.len() / 2;
        let region = entry(&region, place).zip(entry(&region, place + count));
        let region = region.map_or(vec![], |(start, end)| vec![start, end]);
        let mut scale = entry(&scales.transpose()?.unwrap_or_default(), place);
        let sizes = sizes.transpose()?.unwrap_or_default();
        if op.keep_aspect_ratio_policy != AspectRatio::Stretch && !sizes.is_empty() {
            scale = Some(self.shared_scale(context, op, &sizes)?);
        }
        let size = entry(&sizes, place).filter(|_| scale.is_none());
        let of_axis = Resize {
            axes: None,
            keep_aspect_ratio_policy: AspectRatio::Stretch,
            optional_roi_input: Some(1),
            optional_scales_input: Some(2),
            optional_sizes_input: Some(3),
            ..op.clone()
        };
        let list = |values: &[f32]| tensor1(values).into_tvalue();
        let resize = |values: &[f32]| -> Imported<Vec<f32>> {
            let inputs = tvec!(
                list(values),
                list(&region),
                list(scale.as_slice()),
                tensor1(&size.map_or(vec![], |size| vec![size as i64])).into_tvalue()
            );
            let row = numbers(&asked(&of_axis, inputs)?[0])?;
            match row.len() == target {
                true => Ok(row),
                false => refuse(format!(
                    "axis {axis} is resized to {} instead of {target}",
                    row.len()
                )),
            }
        };
        if resize(&vec![0.0; source])?.iter().any(|&v| v != 0.0) {
            return refuse("an extrapolation value other than zero");
        }
        let numbered: Vec<f32> = (1..=source).map(|i| i as f32).collect();
        if resize(&numbered)? == numbered {
            return Ok(None);
        }
        let mut rows = vec![vec![0.0; source]; target];
        for entry in 0..source {
            let mut unit = vec![0.0; source];
            unit[entry] = 1.0;
            for (row, weight) in rows.iter_mut().zip(resize(&unit)?) {
                row[entry] = weight;
            }
        }
        Ok(Some(Resized { axis, source, rows }))
    }

    /// The scale of all axes where they keep their ratio.
    fn shared_scale(&self, context: &Context<'_>, op: &Resize, sizes: &[f32]) -> Imported<f32> {
        let shape = self.graph.shape(context.inputs[0]);
        let axes = op.resized_axes(shape.len()).map_err(failed)?;
        let ratios = axes.iter().zip(sizes);
        let ratios = ratios.map(|(&axis, size)| size / shape[axis] as f32);
        let scale = match op.keep_aspect_ratio_policy {
            AspectRatio::NotLarger => ratios.reduce(f32::min),
            AspectRatio::NotSmaller | AspectRatio::Stretch => ratios.reduce(f32::max),
        };
        scale.ok_or_else(|| Refusal("it resizes no axis".into()))
    }

    /// The numbers of an input that must be constant.
    fn parameter(&self, context: &Context<'_>, input: usize) -> Imported<Vec<f32>> {
        match self.constant_tensor(context, input)? {
            Some(tensor) => numbers(&tensor),
            None => refuse("its scales, sizes or region are computed; they must be constants"),
        }
    }
}

impl Resized {
    /// A gather for each weight: of the entries that have this weight in the rows. A row may have two of one weight.
    fn terms(&self) -> Vec<(f64, Step)> {
        let mut terms: BTreeMap<(u32, usize), Vec<Option<u32>>> = BTreeMap::new();
        for (target, row) in self.rows.iter().enumerate() {
            let mut seen: BTreeMap<u32, usize> = BTreeMap::new();
            for (entry, weight) in (0u32..).zip(row).filter(|(_, weight)| **weight != 0.0) {
                let occurrence = seen.entry(weight.to_bits()).or_default();
                let index = terms.entry((weight.to_bits(), *occurrence));
                index.or_insert_with(|| vec![None; self.rows.len()])[target] = Some(entry);
                *occurrence += 1;
            }
        }
        let gather = |index| Step::Gather {
            axis: self.axis,
            source: self.source,
            index,
        };
        let terms = terms.into_iter();
        let terms =
            terms.map(|((weight, _), index)| (f32::from_bits(weight).into(), gather(index)));
        terms.collect()
    }
}

fn failed(error: TractError) -> Refusal {
    Refusal(error.to_string())
}
