//! What every phase of the prover sends through, and whom it tells how far it is.

use crate::curve::{Profile, Scalar, encode_scalar};
use crate::error::ProveError;
use crate::prover::{Progress, Stage};
use zeroize::Zeroizing;

/// Sends every scalar minus a pad of its own, in order.
pub(crate) struct Sender<P: Profile> {
    pub pads: Zeroizing<Vec<Scalar<P>>>,
    /// One a row of pads.
    pub pad_blinders: Zeroizing<Vec<Scalar<P>>>,
    used: usize,
    pub messages: Vec<u8>,
}

impl<P: Profile> Sender<P> {
    pub fn new(
        pads: Zeroizing<Vec<Scalar<P>>>,
        pad_blinders: Zeroizing<Vec<Scalar<P>>>,
        messages: Vec<u8>,
    ) -> Self {
        Self {
            pads,
            pad_blinders,
            used: 0,
            messages,
        }
    }

    /// What is sent of these values.
    pub fn send<const N: usize>(&mut self, values: [Scalar<P>; N]) -> [Scalar<P>; N] {
        values.map(|value| {
            let sent = value - self.pads[self.used];
            self.used += 1;
            self.messages.extend(encode_scalar(&sent));
            sent
        })
    }

    /// As [`Self::send`].
    pub fn send_all(&mut self, values: Vec<Scalar<P>>) -> Vec<Scalar<P>> {
        let sent = values.into_iter().map(|value| {
            let [sent] = self.send([value]);
            sent
        });
        sent.collect()
    }
}

/// Tells each stage once, and stops the proof when it is told to.
pub(crate) struct Stages<'a> {
    progress: &'a mut Progress<'a>,
    current: Option<Stage>,
}

impl<'a> Stages<'a> {
    pub fn new(progress: &'a mut Progress<'a>) -> Self {
        Self {
            progress,
            current: None,
        }
    }

    pub fn begin(&mut self, stage: Stage) -> Result<(), ProveError> {
        if self.current.replace(stage) != Some(stage) && !(self.progress)(stage) {
            return Err(ProveError::Interrupted);
        }
        Ok(())
    }
}
