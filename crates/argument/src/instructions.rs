//! Which instructions the prover's kernels may use.

use std::sync::OnceLock;

/// The variable that sets a limit, for tests and benches: `portable`, `neon`, `avx2` or `avx512`.
pub const VARIABLE: &str = "INFERPROOF_INSTRUCTIONS";

/// Kinds of instructions, each of which takes what stands before it for its machines to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instructions {
    /// What the compiler makes of code without intrinsics.
    Portable,
    /// NEON, of 64-bit Arm.
    Neon,
    /// AVX2, of x86-64.
    Avx2,
    /// AVX-512: IFMA and VBMI2 for the field, VNNI for sums of bytes.
    Avx512,
}

/// [`VARIABLE`] names no kind of instructions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{VARIABLE} is `{0}`; set it to portable, neon, avx2 or avx512, or not at all")]
pub struct UnknownInstructions(String);

impl Instructions {
    /// The kind that the environment sets as a limit, if it does.
    ///
    /// # Errors
    /// If it names none.
    pub fn from_environment() -> Result<Option<Self>, UnknownInstructions> {
        let Some(name) = std::env::var_os(VARIABLE) else {
            return Ok(None);
        };
        match name.to_str() {
            Some("portable") => Ok(Some(Self::Portable)),
            Some("neon") => Ok(Some(Self::Neon)),
            Some("avx2") => Ok(Some(Self::Avx2)),
            Some("avx512") => Ok(Some(Self::Avx512)),
            _ => Err(UnknownInstructions(name.to_string_lossy().into_owned())),
        }
    }

    /// The last kind that may be used; the environment is asked once. Where it names none that is known there is no limit: whoever starts the
    /// process refuses that first.
    pub(crate) fn allowed() -> Self {
        static ALLOWED: OnceLock<Instructions> = OnceLock::new();
        *ALLOWED.get_or_init(|| {
            let limit = Self::from_environment().ok().flatten();
            limit.unwrap_or(Self::Avx512)
        })
    }
}
