//! One generic function a command, chosen by the curve of a file.

/// Evaluates an expression with a type name standing for the profile of a [`inferproof::Curve`].
macro_rules! on_curve {
    ($curve:expr, $profile:ident => $body:expr) => {
        match $curve {
            inferproof::Curve::Grumpkin => {
                type $profile = inferproof::Grumpkin;
                $body
            }
            inferproof::Curve::Bn254 => {
                type $profile = inferproof::Bn254;
                $body
            }
        }
    };
}
pub(crate) use on_curve;
