//! What is laid down of a model's inputs and outputs before it is quantized: outputs that are the next run's inputs, and tensors that are
//! to be described as those of another program.
//!
//! A commitment that one proof makes fits where another reads only if shape, scale and range are the same on both sides. Quantization
//! would choose them for each tensor by itself.

use crate::OnnxError;
use crate::float_model::FloatModel;
use crate::graph::LayerId;
use crate::import::Port;
use crate::quantize::Format;
use inferproof_program::{Feed, Meaning, Program, Tensor, TensorId};
use std::collections::{BTreeMap, BTreeSet};

/// What is laid down, by places among the model's inputs and outputs.
#[derive(Clone, Debug, Default)]
pub struct Interface {
    pub feeds: Vec<Feed>,
    pub inputs: BTreeMap<usize, Format>,
    pub outputs: BTreeMap<usize, Format>,
}

/// An input or output: its place.
#[derive(Clone, Copy)]
enum Place {
    Input(usize),
    Output(usize),
}

/// A name may say which list it is of.
const INPUT: &str = "input:";
const OUTPUT: &str = "output:";

impl FloatModel {
    /// Says that an output is the next run's input: both get one scale and one range, and the program says so. Samples may leave the
    /// input out.
    ///
    /// # Errors
    /// If there are no such tensors; if they are not of one shape and kind; if something else feeds the input.
    pub fn feed(&mut self, output: &str, input: &str) -> Result<(), OnnxError> {
        let refused = |reason: String| OnnxError::Interface {
            what: format!("`{output}` cannot feed `{input}`"),
            reason,
        };
        let (inputs, outputs) = (&self.model.inputs, &self.model.outputs);
        let from = find(outputs, output.strip_prefix(OUTPUT).unwrap_or(output));
        let from =
            from.ok_or_else(|| refused(format!("the model's outputs are {}", names(outputs))))?;
        let into = find(inputs, input.strip_prefix(INPUT).unwrap_or(input));
        let into =
            into.ok_or_else(|| refused(format!("the model's inputs are {}", names(inputs))))?;
        let (out, given) = (&outputs[from], &inputs[into]);
        if out.shape != given.shape {
            return Err(refused(format!(
                "they have the shapes {:?} and {:?}",
                out.shape, given.shape
            )));
        }
        if kind(out) != kind(given) {
            return Err(refused(format!(
                "the one holds {}, the other {}",
                kind(out),
                kind(given)
            )));
        }
        if out.categories != given.categories {
            return Err(refused("they hold other strings".into()));
        }
        let feeds = &mut self.interface.feeds;
        if let Some(known) = feeds.iter().find(|feed| feed.input == into) {
            return Err(refused(format!(
                "`{}` feeds it already",
                self.model.outputs[known.output].name
            )));
        }
        feeds.push(Feed {
            input: into,
            output: from,
        });
        self.model.inputs[into].is_fed = true;
        self.agree()
    }

    /// Says that an input or output (`input:NAME` or `output:NAME`, where both have the name) is described as a tensor of another program:
    /// at its scale, in its range. Messages call that tensor `other`.
    ///
    /// # Errors
    /// If there is no such input or output, or it is of another shape or kind.
    pub fn describe_as(
        &mut self,
        name: &str,
        like: &Tensor,
        meaning: Option<&Meaning>,
        other: &str,
    ) -> Result<(), OnnxError> {
        let refused = |reason: String| OnnxError::Interface {
            what: format!("`{name}` cannot be as {other}"),
            reason,
        };
        let (inputs, outputs) = (&self.model.inputs, &self.model.outputs);
        let found = (
            name.strip_prefix(OUTPUT)
                .is_none()
                .then(|| find(inputs, name.strip_prefix(INPUT).unwrap_or(name)))
                .flatten(),
            name.strip_prefix(INPUT)
                .is_none()
                .then(|| find(outputs, name.strip_prefix(OUTPUT).unwrap_or(name)))
                .flatten(),
        );
        let place = match found {
            (Some(place), None) => Place::Input(place),
            (None, Some(place)) => Place::Output(place),
            (Some(_), Some(_)) => {
                return Err(refused(format!(
                    "an input and an output are called so; say {INPUT}{name} or {OUTPUT}{name}"
                )));
            }
            (None, None) => {
                return Err(refused(format!(
                    "the model has the inputs {} and the outputs {}",
                    names(inputs),
                    names(outputs)
                )));
            }
        };
        let port = match place {
            Place::Input(place) => &inputs[place],
            Place::Output(place) => &outputs[place],
        };
        if port.shape != like.shape {
            return Err(refused(format!(
                "they have the shapes {:?} and {:?}",
                port.shape, like.shape
            )));
        }
        if meaning.is_some() || !port.categories.is_empty() {
            return Err(refused(
                "integers that stand for strings or missing values are of one model alone".into(),
            ));
        }
        // What an integer tensor holds is not rounded, so that a unit of it is no fraction.
        if port.is_integral && like.scale_log2 > 0 {
            return Err(refused(format!(
                "it holds integers, the other fractions (times 2^-{})",
                like.scale_log2
            )));
        }
        let format = Format {
            low: like.low,
            high: like.high,
            scale: like.scale_log2,
        };
        let (list, place) = match place {
            Place::Input(place) => (&mut self.interface.inputs, place),
            Place::Output(place) => (&mut self.interface.outputs, place),
        };
        if list
            .insert(place, format)
            .is_some_and(|known| known != format)
        {
            return Err(refused("it is as another tensor already".into()));
        }
        self.agree()
    }

    /// The inputs and outputs whose integers others than calibration decide on.
    pub(crate) fn laid_down(&self) -> BTreeSet<LayerId> {
        let Interface {
            feeds,
            inputs,
            outputs,
        } = &self.interface;
        let graph = &self.model.graph;
        let inputs = inputs.keys().copied().chain(feeds.iter().map(|f| f.input));
        let outputs = outputs
            .keys()
            .copied()
            .chain(feeds.iter().map(|f| f.output));
        let inputs = inputs.map(|place| graph.inputs[place]);
        inputs
            .chain(outputs.map(|place| graph.outputs[place]))
            .collect()
    }

    /// Missing values have an integer of their own, for which there is no room in a range that others lay down.
    ///
    /// # Errors
    /// If an input that is laid down takes them.
    pub(crate) fn check_interface(&self) -> Result<(), OnnxError> {
        let fed = self.interface.feeds.iter().map(|feed| feed.input);
        let laid_down = self.interface.inputs.keys().copied().chain(fed);
        let mut ports = laid_down.map(|place| &self.model.inputs[place]);
        match ports.find(|port| port.may_be_missing) {
            None => Ok(()),
            Some(port) => Err(OnnxError::Interface {
                what: format!("`{}` cannot be fed, nor be as another tensor", port.name),
                reason: "some samples have missing values (NaN) there; fill them in".into(),
            }),
        }
    }

    /// Both ends of a feed are described alike, whichever it was said of.
    fn agree(&mut self) -> Result<(), OnnxError> {
        let Interface {
            feeds,
            inputs,
            outputs,
        } = &mut self.interface;
        for feed in feeds {
            let known = (inputs.get(&feed.input), outputs.get(&feed.output));
            match (known.0.copied(), known.1.copied()) {
                (Some(input), Some(output)) if input != output => {
                    let (into, out) = (&self.model.inputs, &self.model.outputs);
                    return Err(OnnxError::Interface {
                        what: format!(
                            "`{}` cannot feed `{}`",
                            out[feed.output].name, into[feed.input].name
                        ),
                        reason: "they are to be as tensors that differ".into(),
                    });
                }
                (Some(format), None) => {
                    outputs.insert(feed.output, format);
                }
                (None, Some(format)) => {
                    inputs.insert(feed.input, format);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The input or output of a program with a name, which may say which of both by `input:` or `output:` in front.
///
/// # Errors
/// If there is none, or both an input and an output have the name; the message says what there is.
pub fn port_of(program: &Program, name: &str) -> Result<TensorId, String> {
    let find = |ids: &[TensorId], name: &str| {
        let is_it = |id: &&TensorId| program.tensor(**id).is_some_and(|t| t.name == name);
        ids.iter().find(is_it).copied()
    };
    if let Some(input) = name
        .strip_prefix(INPUT)
        .and_then(|n| find(&program.inputs, n))
    {
        return Ok(input);
    }
    if let Some(output) = name
        .strip_prefix(OUTPUT)
        .and_then(|n| find(&program.outputs, n))
    {
        return Ok(output);
    }
    match (find(&program.inputs, name), find(&program.outputs, name)) {
        (Some(id), None) | (None, Some(id)) => Ok(id),
        (Some(_), Some(_)) => Err(format!(
            "an input and an output are called `{name}`; say {INPUT}{name} or {OUTPUT}{name}"
        )),
        (None, None) => {
            let all = |ids: &[TensorId]| {
                let names = ids.iter().filter_map(|&id| program.tensor(id));
                let names: Vec<String> = names.map(|t| format!("`{}`", t.name)).collect();
                names.join(", ")
            };
            Err(format!(
                "no input or output is called `{name}`; there are the inputs {} and the outputs {}",
                all(&program.inputs),
                all(&program.outputs)
            ))
        }
    }
}

fn find(ports: &[Port], name: &str) -> Option<usize> {
    ports.iter().position(|port| port.name == name)
}

fn names(ports: &[Port]) -> String {
    let names: Vec<String> = ports.iter().map(|p| format!("`{}`", p.name)).collect();
    names.join(", ")
}

/// What a tensor holds, in a word.
fn kind(port: &Port) -> &'static str {
    match (port.categories.is_empty(), port.is_integral) {
        (false, _) => "strings",
        (true, true) => "integers",
        (true, false) => "real numbers",
    }
}
