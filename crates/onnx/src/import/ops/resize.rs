//! Resize and Upsample: a linear map of each axis, with constant weights.

use crate::graph::{Axes, LayerId, Summand};
use crate::import::Importer;
use crate::import::build::around::around;
use crate::import::build::broadcast::axes;
use crate::import::build::movement::{axis_last, inverse, room};
use crate::import::build::resampling::{Coordinates, Interpolation, Nearest, Resampling};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, float, floats, int, ints, string};
use crate::import::value::Value;
use inferproof_view::Step;
use std::collections::BTreeMap;

/// Terms of a sum of views, at most; where there would be more, a product with the matrix itself takes their place.
const MAX_TERMS: usize = 12;

inventory::submit! {
    Operation::new("Resize", &[10, 11, 13, 18, 19], import)
        .attributes(&[
            int("antialias"),
            ints("axes"),
            string("coordinate_transformation_mode"),
            float("cubic_coeff_a"),
            int("exclude_outside"),
            float("extrapolation_value"),
            string("keep_aspect_ratio_policy"),
            string("mode"),
            string("nearest_mode"),
        ])
        .row("constant scales or sizes", "a view, a sum of views, or a contraction")
}
inventory::submit! {
    Operation::new("Upsample", &[7, 9, 10], import)
        .attributes(&[string("mode"), floats("scales")])
        .row("constant scales", "a view, a sum of views, or a contraction")
}

/// An axis and how it is resized.
struct Resized {
    axis: usize,
    resampling: Resampling,
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let shape = importer.shape(node.input(0)?)?;
    let resized = read(node, &shape)?;
    let mut to = shape;
    for axis in &resized {
        let matrix = [axis.resampling.from, axis.resampling.to];
        room(&matrix)?;
        if let Some(length) = to.get_mut(axis.axis) {
            *length = axis.resampling.to;
        }
    }
    if room(&to)? == 0 {
        return refuse(format!("an output of shape {to:?}, which has no entries"));
    }
    let is_nearest =
        |axis: &Resized| matches!(axis.resampling.interpolation, Interpolation::Nearest(_));
    let element = node.element(0)?;
    if element.is_whole() && !resized.iter().all(is_nearest) {
        return refuse(format!(
            "an interpolation of {element}, which rounds; cast its input to float32"
        ));
    }
    let source = importer.input(node, 0)?;
    let mut layer = importer.resized(&node.origin, source, &resized)?;
    let outside = node.float_or("extrapolation_value", 0.0);
    if outside != 0.0 {
        let mut inside: Vec<Vec<bool>> = to.iter().map(|&len| vec![true; len]).collect();
        for axis in &resized {
            let places = inside.get_mut(axis.axis).into_iter().flatten().enumerate();
            places.for_each(|(place, inside)| *inside = !axis.resampling.is_outside(place));
        }
        let mut terms = around(outside, &inside)?;
        if !terms.is_empty() {
            terms.push(importer.graph.summand(1.0, layer, vec![])?);
            layer = importer.graph.sum(&node.origin, terms);
        }
    }
    Ok(vec![Value::computed(layer, element)])
}

/// The axes that are resized, and how.
fn read(node: &Node<'_>, shape: &[usize]) -> Imported<Vec<Resized>> {
    let is_first = node.op() == "Upsample" || node.since < 11;
    let given = match node.ints("axes") {
        Some(given) => axes(given, shape.len())?,
        None => (0..shape.len()).collect(),
    };
    let lengths: Vec<usize> = given
        .iter()
        .filter_map(|&a| shape.get(a).copied())
        .collect();
    let (scales, sizes) = match (is_first, node.floats("scales")) {
        (true, Some(scales)) => (scales.iter().map(|&s| s.into()).collect(), None),
        (true, None) => (node.reals(1, "scales")?, None),
        _ => {
            let scales = node.optional_constant(2, "scales")?.and_then(|t| t.reals());
            (
                scales.unwrap_or_default(),
                node.optional_integers(3, "sizes")?,
            )
        }
    };
    let sizes = sizes.filter(|sizes| !sizes.is_empty());
    let (scales, sizes) = match sizes {
        Some(sizes) => of_sizes(node, &lengths, &sizes)?,
        None => {
            let scales: Vec<f32> = scales.iter().map(|&s| s as f32).collect();
            if !scales.iter().all(|s| s.is_finite() && *s > 0.0) {
                return refuse(format!("scales {scales:?}"));
            }
            let sizes = lengths.iter().zip(&scales);
            let sizes = sizes.map(|(&len, &scale)| (len as f32 * scale).floor() as usize);
            (scales.clone(), sizes.collect())
        }
    };
    let is_cut = |(&len, &scale): (&usize, &f32)| (len as f32 * scale).fract() != 0.0;
    if node.string("coordinate_transformation_mode")? == Some("align_corners")
        && node.optional(3).is_none()
        && lengths.iter().zip(&scales).any(is_cut)
    {
        return refuse(
            "`align_corners` with scales that give no whole length: the standard and onnxruntime differ in where the last entry then lies; give sizes instead",
        );
    }
    if scales.len() != given.len() || sizes.len() != given.len() {
        return refuse(format!(
            "scales or sizes of {} axes; expected {}",
            scales.len(),
            given.len()
        ));
    }
    let region = match node.string_or("coordinate_transformation_mode", "half_pixel")? {
        "tf_crop_and_resize" if !is_first => node.reals(1, "region")?,
        _ => vec![],
    };
    // A tensor that keeps its shape stays as it is, whatever the scales: so has it onnxruntime.
    if lengths == sizes {
        return Ok(vec![]);
    }
    let mut resized = Vec::new();
    for (place, (&axis, (&from, (&scale, &to)))) in given
        .iter()
        .zip(lengths.iter().zip(scales.iter().zip(&sizes)))
        .enumerate()
    {
        let bounds = region.get(place).zip(region.get(place + given.len()));
        let resampling = Resampling {
            from,
            to,
            scale,
            coordinates: coordinates(node, is_first, bounds)?,
            interpolation: interpolation(node, is_first)?,
            antialias: node.flag("antialias", false),
            exclude_outside: node.flag("exclude_outside", false),
        };
        if from == 0 {
            return refuse(format!("a tensor of shape {shape:?}, which has no entries"));
        }
        // An axis that keeps its length stays as it is, whatever its region: so has it onnxruntime.
        if from != to || scale != 1.0 {
            resized.push(Resized { axis, resampling });
        }
    }
    Ok(resized)
}

/// Scales and lengths for sizes that are asked for; where axes keep their ratio there is one scale for all.
fn of_sizes(node: &Node<'_>, lengths: &[usize], sizes: &[i64]) -> Imported<(Vec<f32>, Vec<usize>)> {
    let whole: Vec<usize> = sizes
        .iter()
        .filter_map(|&s| usize::try_from(s).ok())
        .collect();
    if whole.len() != lengths.len() || whole.len() != sizes.len() {
        return refuse(format!("sizes {sizes:?} of {} axes", lengths.len()));
    }
    let ratios = whole
        .iter()
        .zip(lengths)
        .map(|(&to, &from)| to as f32 / from as f32);
    let shared = match node.string_or("keep_aspect_ratio_policy", "stretch")? {
        "stretch" => return Ok((ratios.collect(), whole)),
        _ if node
            .ints("axes")
            .is_some_and(|axes| axes.iter().any(|&axis| axis < 0)) =>
        {
            return refuse(
                "`keep_aspect_ratio_policy` with axes that count from the end, which onnxruntime does not follow; give axes from the front",
            );
        }
        "not_larger" => ratios.reduce(f32::min),
        "not_smaller" => ratios.reduce(f32::max),
        other => {
            return refuse(format!(
                "its attribute `keep_aspect_ratio_policy` is `{other}`"
            ));
        }
    };
    let scale = shared.unwrap_or(1.0);
    let rounded = lengths
        .iter()
        .map(|&len| (scale * len as f32).round() as usize);
    Ok((vec![scale; lengths.len()], rounded.collect()))
}

fn coordinates(
    node: &Node<'_>,
    is_first: bool,
    region: Option<(&f64, &f64)>,
) -> Imported<Coordinates> {
    if is_first {
        return Ok(Coordinates::Asymmetric);
    }
    Ok(
        match node.string_or("coordinate_transformation_mode", "half_pixel")? {
            "half_pixel" => Coordinates::HalfPixel,
            "half_pixel_symmetric" => Coordinates::HalfPixelSymmetric,
            "pytorch_half_pixel" => Coordinates::TorchHalfPixel,
            "align_corners" => Coordinates::AlignCorners,
            "asymmetric" => Coordinates::Asymmetric,
            "tf_half_pixel_for_nn" => Coordinates::HalfPixelForNearest,
            "tf_crop_and_resize" => match region {
                Some((&start, &end)) => Coordinates::Crop(start as f32, end as f32),
                None => return refuse("a region that has not two numbers for each axis"),
            },
            other => {
                return refuse(format!(
                    "its attribute `coordinate_transformation_mode` is `{other}`"
                ));
            }
        },
    )
}

fn interpolation(node: &Node<'_>, is_first: bool) -> Imported<Interpolation> {
    let nearest = match node.string_or("nearest_mode", "round_prefer_floor")? {
        _ if is_first => Nearest::Simple,
        "round_prefer_floor" => Nearest::PreferFloor,
        "round_prefer_ceil" => Nearest::PreferCeil,
        "floor" => Nearest::Floor,
        "ceil" => Nearest::Ceil,
        other => return refuse(format!("its attribute `nearest_mode` is `{other}`")),
    };
    Ok(match node.string_or("mode", "nearest")? {
        "nearest" => Interpolation::Nearest(nearest),
        "linear" | "bilinear" => Interpolation::Linear,
        "cubic" => Interpolation::Cubic(node.float_or("cubic_coeff_a", -0.75) as f32),
        other => return refuse(format!("its attribute `mode` is `{other}`")),
    })
}

impl Importer<'_> {
    fn resized(&mut self, origin: &str, source: LayerId, axes: &[Resized]) -> Imported<LayerId> {
        let mut source = source;
        // All at once, where the sum has few terms: nothing in between is rounded.
        let own: Vec<Vec<(f64, Step)>> = axes.iter().map(Resized::terms).collect();
        let count = own
            .iter()
            .fold(1usize, |count, terms| count.saturating_mul(terms.len()));
        if count <= MAX_TERMS {
            let mut terms = vec![(1.0, vec![])];
            for own in own {
                let longer = |(factor, steps): &(f64, Vec<Step>)| {
                    let chain = own.iter().map(|(weight, step)| {
                        let steps = [&steps[..], std::slice::from_ref(step)].concat();
                        (factor * weight, steps)
                    });
                    chain.collect::<Vec<_>>()
                };
                terms = terms.iter().flat_map(longer).collect();
            }
            return self.sum_of_views(origin, source, terms);
        }
        for (axis, terms) in axes.iter().zip(own) {
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
        terms: Vec<(f64, Vec<Step>)>,
    ) -> Imported<LayerId> {
        if let [(factor, steps)] = &terms[..] {
            return Ok(self.graph.scaled(origin, *factor, source, steps.clone())?);
        }
        if terms.is_empty() {
            return refuse("a region that lies outside of its tensor altogether");
        }
        let terms = terms.into_iter();
        let terms = terms.map(|(factor, steps)| self.graph.summand(factor, source, steps));
        let terms = terms.collect::<Result<Vec<Summand>, _>>()?;
        Ok(self.graph.sum(origin, terms))
    }

    fn resized_by_matrix(
        &mut self,
        origin: &str,
        source: LayerId,
        resized: &Resized,
    ) -> Imported<LayerId> {
        let rank = self.graph.shape(source).len();
        let order = axis_last(resized.axis, rank);
        let there = vec![Step::Permute(order.clone())];
        let source = self.graph.view(origin, source, there)?;
        let Resampling { from, to, .. } = resized.resampling;
        let mut matrix = vec![0.0; to * from];
        for (row, weights) in matrix
            .chunks_mut(from.max(1))
            .zip(resized.resampling.rows())
        {
            for (entry, weight) in weights {
                if let Some(slot) = row.get_mut(entry) {
                    *slot = weight as f32;
                }
            }
        }
        let matrix = self.graph.add_constant(origin, vec![to, from], matrix);
        let axes = Axes {
            shared: 0,
            left_free: rank - 1,
            right_free: 1,
            contracted: 1,
        };
        let product = self.graph.contract(origin, source, matrix, axes);
        Ok(self
            .graph
            .view(origin, product, vec![Step::Permute(inverse(&order))])?)
    }
}

impl Resized {
    /// A gather for each weight: of the entries that have this weight in the rows. A row may have two of one weight.
    fn terms(&self) -> Vec<(f64, Step)> {
        let Resampling { from, to, .. } = self.resampling;
        let mut terms: BTreeMap<(u32, usize), Vec<Option<u32>>> = BTreeMap::new();
        for (target, row) in self.resampling.rows().into_iter().enumerate() {
            let mut seen: BTreeMap<u32, usize> = BTreeMap::new();
            for (entry, weight) in row {
                let bits = (weight as f32).to_bits();
                let occurrence = seen.entry(bits).or_default();
                let index = terms.entry((bits, *occurrence));
                let index = index.or_insert_with(|| vec![None; to]);
                if let Some(slot) = index.get_mut(target) {
                    *slot = u32::try_from(entry).ok();
                }
                *occurrence += 1;
            }
        }
        let gather = |index| Step::Gather {
            axis: self.axis,
            source: from,
            index,
        };
        let terms = terms.into_iter();
        let terms = terms.map(|((bits, _), index)| (f32::from_bits(bits).into(), gather(index)));
        terms.collect()
    }
}
