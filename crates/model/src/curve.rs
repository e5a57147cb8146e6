//! One generic function, chosen by the curve of a file.

/// Evaluates an expression with a type name standing for the profile of a [`inferproof::Curve`].
#[macro_export]
macro_rules! on_curve {
    ($curve:expr, $profile:ident => $body:expr) => {
        match $curve {
            $crate::Curve::Grumpkin => {
                type $profile = $crate::Grumpkin;
                $body
            }
            $crate::Curve::Bn254 => {
                type $profile = $crate::Bn254;
                $body
            }
        }
    };
}
pub(crate) use on_curve;
