//! Windows that slide along the axes of a tensor: the arithmetic of positions, padding and rounding that convolutions and pools share.

use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use inferproof_view::Step;

/// The windows along one axis: what each position reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Windows {
    /// The axis of the source.
    pub axis: usize,
    /// Its length.
    pub source: usize,
    /// Entries of a window.
    pub kernel: usize,
    /// From one position to the next.
    pub stride: usize,
    /// From one entry of a window to the next.
    pub dilation: usize,
    /// Zeros before the source.
    pub pad: usize,
    /// Zeros behind it.
    pub pad_after: usize,
    /// How many positions there are.
    pub positions: usize,
}

/// How `auto_pad` counts a dilated window.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Same {
    /// By all that it spans, as the standard says.
    Spanned,
    /// By its entries alone, as onnxruntime's pools do: a dilated pool then has fewer positions.
    Entries,
}

impl Windows {
    /// The windows of a convolution with the attributes `auto_pad`, `pads`, `strides` and `dilations`, for a source of shape
    /// `[batch, channels, ..]` and a kernel of these lengths.
    pub fn of(node: &Node<'_>, shape: &[usize], kernel: &[usize]) -> Imported<Vec<Self>> {
        Self::with(node, shape, kernel, Same::Spanned)
    }

    /// The windows of a pool, whose attributes are `kernel_shape`, those of a convolution, and `ceil_mode`. Where `auto_pad` asks for the same
    /// size and windows are dilated, onnxruntime is followed, which differs from the standard.
    pub fn of_pool(node: &Node<'_>, shape: &[usize]) -> Imported<Vec<Self>> {
        let Some(kernel) = node.ints("kernel_shape") else {
            return refuse("its attribute `kernel_shape` is missing");
        };
        let lengths = kernel.iter().map(|&k| usize::try_from(k));
        let Ok(lengths) = lengths.collect::<Result<Vec<usize>, _>>() else {
            return refuse(format!("its attribute `kernel_shape` is {kernel:?}"));
        };
        Self::with(node, shape, &lengths, Same::Entries)
    }

    fn with(node: &Node<'_>, shape: &[usize], kernel: &[usize], same: Same) -> Imported<Vec<Self>> {
        let Some(spatial) = shape.get(2..).filter(|s| s.len() == kernel.len()) else {
            return refuse(format!(
                "a kernel of {} axes for a tensor of shape {shape:?}",
                kernel.len()
            ));
        };
        let strides = per_axis(node, "strides", kernel.len(), 1)?;
        let dilations = per_axis(node, "dilations", kernel.len(), 1)?;
        let auto_pad = node.string_or("auto_pad", "NOTSET")?;
        let pads = match node.ints("pads") {
            None => vec![0; 2 * kernel.len()],
            Some(pads) if pads.len() == 2 * kernel.len() => {
                let pads = pads.iter().map(|&p| usize::try_from(p));
                match pads.collect::<Result<Vec<usize>, _>>() {
                    Ok(pads) => pads,
                    Err(_) => return refuse("negative padding"),
                }
            }
            Some(pads) => {
                return refuse(format!("{} paddings for {} axes", pads.len(), kernel.len()));
            }
        };
        let ceil = node.flag("ceil_mode", false);
        let mut windows = Vec::new();
        for (i, (&source, &kernel)) in spatial.iter().zip(kernel).enumerate() {
            let (stride, dilation) = (strides[i], dilations[i]);
            if kernel == 0 || stride == 0 || dilation == 0 {
                return refuse("a kernel, stride or dilation of zero");
            }
            let reach = (kernel - 1) * dilation + 1;
            let (pad, pad_after, positions) = match auto_pad {
                "NOTSET" | "VALID" | "" => {
                    let (pad, after) = match auto_pad {
                        "VALID" => (0, 0),
                        _ => (pads[i], pads[i + spatial.len()]),
                    };
                    let Some(room) = (source + pad + after).checked_sub(reach) else {
                        return refuse(format!(
                            "a window of {reach} entries for an axis of {source}, padded by {pad} and {after}"
                        ));
                    };
                    let mut positions = room / stride + 1;
                    if ceil && room % stride != 0 {
                        positions += 1;
                        // A window that would begin in the padding behind the source is left out.
                        if (positions - 1) * stride >= source + pad {
                            positions -= 1;
                        }
                    }
                    (pad, after, positions)
                }
                "SAME_UPPER" | "SAME_LOWER" => {
                    let counted = match same {
                        Same::Spanned => reach,
                        Same::Entries => kernel,
                    };
                    let wanted = source.div_ceil(stride);
                    let spanned = (wanted.max(1) - 1) * stride + counted;
                    if same == Same::Entries && spanned < source {
                        return refuse(format!(
                            "`auto_pad` {auto_pad} where windows of {kernel} at a stride of {stride} leave entries of an axis of {source} out: onnxruntime and the standard differ there; export the model with explicit `pads`"
                        ));
                    }
                    let total = spanned.saturating_sub(source);
                    let Some(room) = (source + total).checked_sub(reach) else {
                        return refuse(format!(
                            "a window of {reach} entries for an axis of {source}, padded by {total}"
                        ));
                    };
                    let positions = match same {
                        Same::Spanned => wanted,
                        Same::Entries if ceil => room.div_ceil(stride) + 1,
                        Same::Entries => room / stride + 1,
                    };
                    let less = total / 2;
                    match auto_pad {
                        "SAME_UPPER" => (less, total - less, positions),
                        _ => (total - less, less, positions),
                    }
                }
                other => return refuse(format!("its attribute `auto_pad` is `{other}`")),
            };
            windows.push(Self {
                axis: 2 + i,
                source,
                kernel,
                stride,
                dilation,
                pad,
                pad_after,
                positions,
            });
        }
        Ok(windows)
    }

    /// The step that reads the windows, as an axis of positions and one of kernel entries, once the axis stands here.
    pub fn step(&self, axis: usize) -> Step {
        Step::Window {
            axis,
            source: self.source,
            positions: self.positions,
            kernel: self.kernel,
            stride: self.stride,
            dilation: self.dilation,
            pad: self.pad,
        }
    }

    /// The source index that a position reads at a kernel offset; `None` in the padding.
    pub fn read(&self, position: usize, offset: usize) -> Option<usize> {
        let at = position * self.stride + offset * self.dilation;
        at.checked_sub(self.pad).filter(|&at| at < self.source)
    }

    /// The source index that a position reads at a kernel offset, or where that is padding, another of the same window: a maximum does
    /// not change when an entry is repeated. `None` if the window lies in the padding altogether.
    pub fn tapped(&self, position: usize, offset: usize) -> Option<usize> {
        let another = || (0..self.kernel).find_map(|k| self.read(position, k));
        self.read(position, offset).or_else(another)
    }

    /// How many source indices a position reads.
    pub fn count(&self, position: usize) -> usize {
        (0..self.kernel)
            .filter(|&k| self.read(position, k).is_some())
            .count()
    }

    /// How many indices of the padded source a position reads: the last window may go beyond even that.
    pub fn count_padded(&self, position: usize) -> usize {
        let end = self.pad + self.source + self.pad_after;
        (0..self.kernel)
            .filter(|k| position * self.stride + k * self.dilation < end)
            .count()
    }

    /// The step that reads, for each position, what [`Self::tapped`] says of this kernel offset.
    pub fn tap(&self, offset: usize) -> Option<Step> {
        let index = (0..self.positions).map(|p| {
            let inside = self.tapped(p, offset);
            inside.and_then(|i| u32::try_from(i).ok()).map(Some)
        });
        let index: Option<Vec<Option<u32>>> = index.collect();
        let index = index?;
        let Self { axis, source, .. } = *self;
        let start = i64::from((*index.first()?)?);
        let step = i64::try_from(self.stride).ok()?;
        let is_slice = (0i64..)
            .zip(&index)
            .all(|(i, &at)| at.map(i64::from) == Some(start + i * step));
        Some(if is_slice {
            Step::Slice {
                axis,
                source,
                start,
                step,
                len: self.positions,
            }
        } else {
            Step::Gather {
                axis,
                source,
                index,
            }
        })
    }
}

/// One number for each axis of a kernel, from an attribute that may be left out.
pub fn per_axis(node: &Node<'_>, name: &str, axes: usize, default: usize) -> Imported<Vec<usize>> {
    let Some(given) = node.ints(name).filter(|given| !given.is_empty()) else {
        return Ok(vec![default; axes]);
    };
    let numbers = given.iter().map(|&n| usize::try_from(n));
    match numbers.collect::<Result<Vec<usize>, _>>() {
        Ok(numbers) if numbers.len() == axes => Ok(numbers),
        _ => refuse(format!(
            "its attribute `{name}` is {given:?}; expected {axes} positive numbers"
        )),
    }
}
