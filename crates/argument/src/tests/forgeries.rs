//! One attack, at least, for every must of soundness (`docs/protocol.md`, section 12).
//!
//! Where relations without the must can be written, the forgery passes there and fails where it holds. Where the must is a
//! challenge that comes late enough, the forgery passes when the challenge is known beforehand (the oracle is programmed) and
//! fails otherwise. What is left can be dropped only in `script`; the comment names the line that stops the forgery.

mod challenges;
mod closing;
mod lookups;
mod padding;
mod setting;
