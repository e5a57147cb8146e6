//! ConvTranspose: a convolution of the input spread out by its strides with the flipped kernel.

use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::windows::per_axis;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int, ints, string};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("ConvTranspose", &[1, 11, 22], import)
        .attributes(&[
            string("auto_pad"),
            ints("dilations"),
            int("group"),
            ints("kernel_shape"),
            ints("output_padding"),
            ints("output_shape"),
            ints("pads"),
            ints("strides"),
        ])
        .row("", "windows of the input spread out, a contraction, a bias")
}

/// One axis: input entry `i` reaches output positions `i * stride + k * dilation - pad`.
struct Spread {
    axis: usize,
    source: usize,
    kernel: usize,
    stride: usize,
    dilation: usize,
    pad: i64,
    output: usize,
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let kernel = importer.input(node, 1)?;
    let bias = match node.optional(2) {
        Some(_) => Some(importer.input(node, 2)?),
        None => None,
    };
    let shape = importer.graph.shape(source).to_vec();
    let kernel_shape = importer.graph.shape(kernel).to_vec();
    let spreads = spreads(node, &shape, &kernel_shape)?;
    let group = node.int_or("group", 1);
    let kernel = importer.turned_kernel(&node.origin, kernel, group)?;
    let mut steps = Vec::new();
    for (i, spread) in spreads.iter().enumerate() {
        steps.extend(spread.steps(spread.axis + i)?);
    }
    let layer = importer.windows_times_kernel(&node.origin, source, steps, kernel, bias, group)?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}

/// The axes, by the attributes of a node.
fn spreads(node: &Node<'_>, shape: &[usize], kernel: &[usize]) -> Imported<Vec<Spread>> {
    let (Some(spatial), Some(lengths)) = (shape.get(2..), kernel.get(2..)) else {
        return refuse(format!(
            "a kernel of shape {kernel:?} for a tensor of shape {shape:?}"
        ));
    };
    let axes = lengths.len();
    if axes == 0 || spatial.len() != axes {
        return refuse(format!(
            "a kernel of shape {kernel:?} for a tensor of shape {shape:?}"
        ));
    }
    let strides = per_axis(node, "strides", axes, 1)?;
    let dilations = per_axis(node, "dilations", axes, 1)?;
    let added = per_axis(node, "output_padding", axes, 0)?;
    let auto_pad = node.string_or("auto_pad", "NOTSET")?;
    let pads = match node.ints("pads").filter(|pads| !pads.is_empty()) {
        None => vec![0; 2 * axes],
        Some(pads) if pads.len() == 2 * axes && pads.iter().all(|&p| p >= 0) => pads.to_vec(),
        Some(pads) => {
            return refuse(format!(
                "its attribute `pads` is {pads:?}; expected {} numbers, none below zero",
                2 * axes
            ));
        }
    };
    // Batch and channels may stand before the lengths.
    let outputs = match node.ints("output_shape").filter(|given| !given.is_empty()) {
        None => None,
        Some(given) => match given
            .len()
            .checked_sub(axes)
            .and_then(|skip| given.get(skip..))
        {
            Some(outputs) if outputs.iter().all(|&n| n > 0) => Some(outputs),
            _ => {
                return refuse(format!(
                    "its attribute `output_shape` is {given:?}; expected {axes} positive numbers"
                ));
            }
        },
    };
    let mut spreads = Vec::new();
    for (i, (&source, &kernel)) in spatial.iter().zip(lengths).enumerate() {
        let (stride, dilation) = (strides[i], dilations[i]);
        if kernel == 0 || stride == 0 || dilation == 0 {
            return refuse("a kernel, stride or dilation of zero");
        }
        let reach = (kernel - 1).saturating_mul(dilation).saturating_add(1);
        let full = source
            .saturating_sub(1)
            .saturating_mul(stride)
            .saturating_add(reach);
        let full = i64::try_from(full.saturating_add(added[i]))?;
        let wanted = outputs.and_then(|outputs| outputs.get(i)).copied();
        let (pad, output) = match (wanted, auto_pad) {
            (Some(output), _) => {
                let total = (full - output).max(0);
                (front(auto_pad, total), output)
            }
            (None, "NOTSET" | "") => (pads[i], full - pads[i] - pads[i + axes]),
            (None, "VALID") => (0, full),
            (None, "SAME_UPPER" | "SAME_LOWER") => {
                let output = i64::try_from(source.saturating_mul(stride))?;
                let total = (full - output).max(0);
                (front(auto_pad, total), full - total)
            }
            (None, other) => return refuse(format!("its attribute `auto_pad` is `{other}`")),
        };
        let output = usize::try_from(output).ok().filter(|&output| output > 0);
        let Some(output) = output else {
            return refuse(
                "an output without entries: its paddings are longer than what the kernel reaches",
            );
        };
        spreads.push(Spread {
            axis: 2 + i,
            source,
            kernel,
            stride,
            dilation,
            pad,
            output,
        });
    }
    Ok(spreads)
}

/// The padding before an axis, of both together: of an odd one the greater part is at the end with `SAME_UPPER`, else at the front.
fn front(auto_pad: &str, total: i64) -> i64 {
    match auto_pad {
        "SAME_UPPER" => total / 2,
        _ => total - total / 2,
    }
}

impl Spread {
    /// The steps that read the windows of the flipped kernel, as an axis of positions and one of kernel entries, once the axis stands here.
    fn steps(&self, axis: usize) -> Imported<Vec<Step>> {
        let reach = (self.kernel - 1).saturating_mul(self.dilation);
        // Window `o` begins at `o` of the spread input, before which there are `reach - pad` zeros.
        let before = i64::try_from(reach)? - self.pad;
        let Some(length) = self.output.checked_add(reach) else {
            return refuse("windows that reach too far");
        };
        let index = (0..length).map(|at| {
            let at = usize::try_from(i64::try_from(at).ok()? - before).ok()?;
            let entry = (at % self.stride == 0).then_some(at / self.stride);
            entry
                .filter(|&entry| entry < self.source)
                .and_then(|entry| u32::try_from(entry).ok())
        });
        let spread = Step::Gather {
            axis,
            source: self.source,
            index: index.collect(),
        };
        let windows = Step::Window {
            axis,
            source: length,
            positions: self.output,
            kernel: self.kernel,
            stride: 1,
            dilation: self.dilation,
            pad: 0,
        };
        Ok(vec![spread, windows])
    }
}

impl Importer<'_> {
    /// A kernel `[g * c, m, k..]` as that of the convolution: `[g * m, c, k..]`, with each axis of offsets flipped.
    fn turned_kernel(&mut self, origin: &str, kernel: LayerId, group: i64) -> Imported<LayerId> {
        let shape = self.graph.shape(kernel).to_vec();
        let (Some(&inputs), Some(&outputs)) = (shape.first(), shape.get(1)) else {
            return refuse(format!("a kernel of shape {shape:?}"));
        };
        let group = usize::try_from(group).ok();
        let Some(group) = group.filter(|&group| group > 0 && inputs % group == 0) else {
            return refuse(format!(
                "a kernel of shape {shape:?} in {} groups",
                group.unwrap_or(0)
            ));
        };
        let mut steps = vec![
            Step::Split {
                axis: 0,
                sizes: vec![group, inputs / group],
            },
            Step::Permute([0, 2, 1].into_iter().chain(3..shape.len() + 1).collect()),
            Step::Merge {
                axis: 0,
                sizes: vec![group, outputs],
            },
        ];
        for (axis, &source) in shape.iter().enumerate().skip(2) {
            steps.push(Step::Slice {
                axis,
                source,
                start: i64::try_from(source)? - 1,
                step: -1,
                len: source,
            });
        }
        Ok(self.graph.view(origin, kernel, steps)?)
    }
}
