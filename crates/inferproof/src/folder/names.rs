//! The names of what lies in a compiled model's folder.

/// What is for everyone.
pub const PUBLIC: &str = "public";
/// What is for the prover alone.
pub const SECRET: &str = "secret";
/// The verifying key, in `public`.
pub const KEY: &str = "verifying.key";
/// The model card, in `public`.
pub const CARD: &str = "model.json";
/// The weights, in `secret` unless they are public.
pub const WEIGHTS: &str = "weights.safetensors";
/// The blinding of the commitment, in `secret`.
pub const BLINDING: &str = "blinding.safetensors";
