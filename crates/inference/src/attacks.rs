//! The malicious prover: for each op, an owner who runs something else than the program; for each advice column, values that the
//! recipe does not give. Every forgery is complete: all that follows from the lie is recomputed, and the proof is made by the
//! honest protocol. The verifier must reject each.

mod arena;
mod claims;
mod evaluations;
mod integers;
mod sketch;
mod slices;
mod statements;
mod steps;
mod tensors;
mod values;
mod weights;
