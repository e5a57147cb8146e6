//! Samples that are steps of one sequence: what an output of one step gives, an input of the next is given.
//!
//! Data for a model with a state mostly hold the steps' own inputs alone. A state of zeros throughout would calibrate its range to nothing,
//! so the float model is run along the samples, and each is given what the one before has made.

use crate::OnnxError;
use crate::calibrate::{Sample, outputs_of};
use crate::float::evaluate;
use crate::float_model::FloatModel;
use crate::progress::{Progress, Work};
use inferproof_view::volume;
use std::borrow::Cow;

impl FloatModel {
    /// The samples with a value for every input, and the names of the inputs whose values were computed. Where the first sample has none,
    /// the sequence begins with zeros.
    pub(crate) fn in_sequence<'a>(
        &self,
        samples: &'a [Sample],
        progress: &mut Progress<'_>,
    ) -> Result<(Cow<'a, [Sample]>, Vec<String>), OnnxError> {
        let feeds = &self.interface.feeds;
        let is_absent = |sample: &Sample, slot: usize| {
            let entries = volume(&self.model.inputs[slot].shape).unwrap_or(0);
            entries > 0 && sample.get(slot).is_some_and(Vec::is_empty)
        };
        let lacking = feeds.iter().filter(|feed| {
            let mut samples = samples.iter();
            samples.any(|sample| is_absent(sample, feed.input))
        });
        let computed: Vec<String> = lacking
            .map(|feed| self.model.inputs[feed.input].name.clone())
            .collect();
        if computed.is_empty() {
            return Ok((Cow::Borrowed(samples), computed));
        }
        let graph = &self.model.graph;
        let mut complete: Vec<Sample> = Vec::with_capacity(samples.len());
        let mut before: Option<Vec<Vec<f64>>> = None;
        for (position, sample) in samples.iter().enumerate() {
            progress.step(Work::Sequence, position, samples.len())?;
            let mut sample = sample.clone();
            for feed in feeds {
                if !is_absent(&sample, feed.input) {
                    continue;
                }
                sample[feed.input] = match &before {
                    Some(outputs) => outputs[feed.output].clone(),
                    None => vec![0.0; volume(&self.model.inputs[feed.input].shape).unwrap_or(0)],
                };
            }
            self.check(std::slice::from_ref(&sample))?;
            let is_output = |id| graph.outputs.contains(&id);
            let activations = evaluate(graph, &sample, is_output)?;
            before = Some(outputs_of(graph, &activations));
            complete.push(sample);
        }
        Ok((Cow::Owned(complete), computed))
    }
}
