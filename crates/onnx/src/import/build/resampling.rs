//! The matrices by which an axis is resized: for each new entry, the weights of the old ones.
//!
//! Coordinates are computed in single precision, as onnxruntime does, so that what lies in the middle of two entries goes to the same one.

/// How a new coordinate is brought to the old axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Coordinates {
    HalfPixel,
    HalfPixelSymmetric,
    TorchHalfPixel,
    AlignCorners,
    Asymmetric,
    /// Without the half that is subtracted in [`Coordinates::HalfPixel`].
    HalfPixelForNearest,
    /// Within a region, from its start to its end as fractions of the axis.
    Crop(f32, f32),
}

/// How a coordinate in between becomes an entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Nearest {
    PreferFloor,
    PreferCeil,
    Floor,
    Ceil,
    /// Of version 10: up where the axis gets shorter, else down.
    Simple,
}

/// What is made of the entries around a coordinate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Interpolation {
    Nearest(Nearest),
    Linear,
    /// With its coefficient `a`.
    Cubic(f32),
}

/// How one axis is resized.
#[derive(Clone, Copy, Debug)]
pub struct Resampling {
    pub from: usize,
    pub to: usize,
    pub scale: f32,
    pub coordinates: Coordinates,
    pub interpolation: Interpolation,
    /// Whether a shorter axis is made of all entries that its own stand for.
    pub antialias: bool,
    /// Whether what would lie outside of the axis is left out, instead of being the entry at its end.
    pub exclude_outside: bool,
}

impl Resampling {
    /// Where a new entry lies on the old axis.
    fn origin(&self, place: usize) -> f32 {
        let at = place as f32;
        let (from, to, scale) = (self.from as f32, self.to as f32, self.scale);
        match self.coordinates {
            // An axis that keeps its length is not moved.
            Coordinates::HalfPixel | Coordinates::Asymmetric if scale == 1.0 => at,
            Coordinates::HalfPixel => (at + 0.5) / scale - 0.5,
            Coordinates::HalfPixelSymmetric => {
                let adjustment = to / (scale * from);
                let offset = from / 2.0 * (1.0 - adjustment);
                // The offset alone is of single precision in onnxruntime.
                (f64::from(offset) + (place as f64 + 0.5) / f64::from(scale) - 0.5) as f32
            }
            Coordinates::TorchHalfPixel => match self.to {
                0 | 1 => 0.0,
                _ => (at + 0.5) / scale - 0.5,
            },
            Coordinates::AlignCorners => match self.to {
                0 | 1 => 0.0,
                _ => at * (from - 1.0) / (to - 1.0),
            },
            Coordinates::Asymmetric => at / scale,
            Coordinates::HalfPixelForNearest => (at + 0.5) / scale,
            Coordinates::Crop(start, end) => match self.to {
                0 | 1 => 0.5 * (start + end) * (from - 1.0),
                _ => start * (from - 1.0) + at * (end - start) * (from - 1.0) / (to - 1.0),
            },
        }
    }

    /// Whether a new entry lies outside of the old axis, where a region may reach.
    pub fn is_outside(&self, place: usize) -> bool {
        let is_crop = matches!(self.coordinates, Coordinates::Crop(..));
        let at = self.origin(place);
        is_crop && (at < 0.0 || at > self.from as f32 - 1.0)
    }

    /// For each new entry, the old entries that it is made of and their weights.
    pub fn rows(&self) -> Vec<Vec<(usize, f64)>> {
        (0..self.to).map(|place| self.row(place)).collect()
    }

    fn row(&self, place: usize) -> Vec<(usize, f64)> {
        if self.is_outside(place) {
            return vec![];
        }
        let at = self.origin(place);
        let last = self.from.saturating_sub(1) as i64;
        let entry = |index: i64| index.clamp(0, last) as usize;
        if let Interpolation::Nearest(nearest) = self.interpolation {
            return vec![(entry(nearest.index(at, self.scale)), 1.0)];
        }
        let at = f64::from(at);
        // A filter for a shorter axis is as many times wider as the axis gets shorter.
        let shrink = match self.antialias {
            true => f64::from(self.scale.min(1.0)),
            false => 1.0,
        };
        let support = self.interpolation.support() / shrink;
        let taps = (at - support).floor() as i64 + 1..=(at + support).ceil() as i64 - 1;
        let weighted = taps.map(|tap| (tap, self.interpolation.weight((tap as f64 - at) * shrink)));
        let inside = |tap: i64| (0..=last).contains(&tap);
        let kept = weighted
            .filter(|(tap, weight)| *weight != 0.0 && (!self.exclude_outside || inside(*tap)));
        let kept: Vec<(i64, f64)> = kept.collect();
        let total: f64 = kept.iter().map(|(_, weight)| weight).sum();
        let mut row: Vec<(usize, f64)> = Vec::new();
        for (tap, weight) in kept {
            let weight = weight / total;
            match row.iter_mut().find(|(known, _)| *known == entry(tap)) {
                Some((_, sum)) => *sum += weight,
                None => row.push((entry(tap), weight)),
            }
        }
        row
    }
}

impl Nearest {
    fn index(self, at: f32, scale: f32) -> i64 {
        let index = match self {
            Self::PreferFloor if at == at.trunc() + 0.5 => at.floor(),
            Self::PreferFloor | Self::PreferCeil => at.round(),
            Self::Floor => at.floor(),
            Self::Ceil => at.ceil(),
            Self::Simple if scale < 1.0 => at.ceil(),
            Self::Simple => at.trunc(),
        };
        index as i64
    }
}

impl Interpolation {
    /// How far from its coordinate an entry still counts.
    fn support(self) -> f64 {
        match self {
            Self::Nearest(_) => 0.0,
            Self::Linear => 1.0,
            Self::Cubic(_) => 2.0,
        }
    }

    /// The weight of an entry at this distance: of a linear interpolation, or Keys' cubic convolution ("Cubic convolution interpolation for
    /// digital image processing", 1981).
    fn weight(self, distance: f64) -> f64 {
        let x = distance.abs();
        match self {
            Self::Nearest(_) => 0.0,
            Self::Linear => (1.0 - x).max(0.0),
            Self::Cubic(a) => {
                let a = f64::from(a);
                if x <= 1.0 {
                    ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
                } else if x < 2.0 {
                    a * (((x - 5.0) * x + 8.0) * x - 4.0)
                } else {
                    0.0
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resampling(interpolation: Interpolation, coordinates: Coordinates) -> Resampling {
        Resampling {
            from: 4,
            to: 8,
            scale: 2.0,
            coordinates,
            interpolation,
            antialias: false,
            exclude_outside: false,
        }
    }

    #[test]
    fn weights_of_a_row_add_up_to_one() {
        for interpolation in [Interpolation::Linear, Interpolation::Cubic(-0.75)] {
            for to in [1, 2, 3, 4, 7, 9] {
                for antialias in [false, true] {
                    let resampling = Resampling {
                        to,
                        scale: to as f32 / 4.0,
                        antialias,
                        ..resampling(interpolation, Coordinates::HalfPixel)
                    };
                    for row in resampling.rows() {
                        let total: f64 = row.iter().map(|(_, weight)| weight).sum();
                        assert!((total - 1.0).abs() < 1e-12);
                    }
                }
            }
        }
    }

    #[test]
    fn entries_are_doubled_or_interpolated() {
        let nearest = Interpolation::Nearest(Nearest::Floor);
        let rows = resampling(nearest, Coordinates::Asymmetric).rows();
        let entries: Vec<usize> = rows.iter().map(|row| row[0].0).collect();
        assert_eq!(entries, [0, 0, 1, 1, 2, 2, 3, 3]);
        let linear = resampling(Interpolation::Linear, Coordinates::HalfPixel).rows();
        assert_eq!(linear[0], [(0, 1.0)]);
        assert_eq!(linear[1], [(0, 0.75), (1, 0.25)]);
    }

    #[test]
    fn a_region_may_reach_outside() {
        let linear = resampling(Interpolation::Linear, Coordinates::Crop(-0.5, 1.0));
        assert!(linear.is_outside(0) && linear.rows()[0].is_empty());
        assert!(!linear.is_outside(7));
    }
}
