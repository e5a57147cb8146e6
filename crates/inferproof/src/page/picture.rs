//! An input that is shown, as a picture where it looks like one.
//!
//! It does if its shape is that of one (`HxW`, or one or three channels of it, before or behind, after axes of length one), with sides of
//! 8 to 2048 pixels, and if neighbours are alike: two pixels side by side differ by less than 60 % of what two far apart do, on average.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The least and the greatest side.
const SIDES: [usize; 2] = [8, 2048];
/// The greatest share of a difference far apart that neighbours may have.
const ALIKE: f64 = 0.6;
/// Pictures narrower than this are shown in large pixels.
const COARSE: usize = 160;

/// A picture.
#[derive(Debug)]
pub struct Picture {
    /// A `data:` address with a PNG.
    pub address: String,
    pub width: usize,
    pub height: usize,
    /// What is black, and what is white.
    pub range: [f64; 2],
}

impl Picture {
    /// How wide it is shown, in pixels of the page, and whether its pixels are to be seen.
    pub fn shown_width(&self) -> (usize, bool) {
        match self.width < COARSE {
            true => (self.width * (2 * COARSE).div_ceil(self.width).min(8), true),
            false => (self.width.min(480), false),
        }
    }
}

/// Pixels, channel by channel.
struct Pixels<'a> {
    values: &'a [f64],
    width: usize,
    height: usize,
    channels: usize,
    /// Whether the channels stand together at each pixel.
    is_interleaved: bool,
}

/// The picture of a tensor of this shape, if it is one.
pub fn picture(shape: &[usize], values: &[f64]) -> Option<Picture> {
    let pixels = Pixels::of(shape, values)?;
    if !values.iter().all(|v| v.is_finite()) || !pixels.are_alike() {
        return None;
    }
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let byte = |value: f64| (255.0 * (value - least) / (greatest - least)).round() as u8;
    let mut bytes = Vec::with_capacity(values.len());
    for y in 0..pixels.height {
        for x in 0..pixels.width {
            for channel in 0..pixels.channels {
                bytes.push(byte(pixels.get(channel, x, y)?));
            }
        }
    }
    let png = encode(&pixels, &bytes)?;
    Some(Picture {
        address: format!("data:image/png;base64,{}", STANDARD.encode(png)),
        width: pixels.width,
        height: pixels.height,
        range: [least, greatest],
    })
}

impl<'a> Pixels<'a> {
    fn of(shape: &[usize], values: &'a [f64]) -> Option<Self> {
        let ones = shape.iter().take_while(|&&length| length == 1).count();
        let (height, width, channels, is_interleaved) = match *shape.get(ones..)? {
            [height, width] => (height, width, 1, false),
            [3, height, width] => (height, width, 3, false),
            [height, width, channels @ (1 | 3)] => (height, width, channels, true),
            _ => return None,
        };
        let [least, most] = SIDES;
        let is_side = |length| (least..=most).contains(&length);
        let is_whole = width.checked_mul(height)?.checked_mul(channels)? == values.len();
        (is_side(width) && is_side(height) && is_whole).then_some(Self {
            values,
            width,
            height,
            channels,
            is_interleaved,
        })
    }

    fn get(&self, channel: usize, x: usize, y: usize) -> Option<f64> {
        let pixel = y * self.width + x;
        let place = match self.is_interleaved {
            true => pixel * self.channels + channel,
            false => channel * self.width * self.height + pixel,
        };
        self.values.get(place).copied()
    }

    /// Whether neighbours are more alike than what is far apart.
    fn are_alike(&self) -> bool {
        let difference = |across: usize, down: usize| {
            let mut sum = 0.0;
            for channel in 0..self.channels {
                for y in 0..self.height {
                    for x in 0..self.width {
                        let other = ((x + across) % self.width, (y + down) % self.height);
                        let pair = self
                            .get(channel, x, y)
                            .zip(self.get(channel, other.0, other.1));
                        sum += pair.map_or(0.0, |(a, b)| (a - b).abs());
                    }
                }
            }
            sum
        };
        let far = difference(self.width / 2, 0) + difference(0, self.height / 2);
        let near = difference(1, 0) + difference(0, 1);
        far > 0.0 && near < ALIKE * far
    }
}

fn encode(pixels: &Pixels<'_>, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut png = Vec::new();
    let (width, height) = (
        u32::try_from(pixels.width).ok()?,
        u32::try_from(pixels.height).ok()?,
    );
    let mut encoder = png::Encoder::new(&mut png, width, height);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_color(match pixels.channels {
        3 => png::ColorType::Rgb,
        _ => png::ColorType::Grayscale,
    });
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(bytes).ok()?;
    writer.finish().ok()?;
    Some(png)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disc on a dark ground.
    fn disc(side: usize) -> Vec<f64> {
        let middle = side as f64 / 2.0;
        let inside =
            |x: usize, y: usize| (x as f64 - middle).hypot(y as f64 - middle) < middle / 2.0;
        (0..side * side)
            .map(|i| f64::from(u8::from(inside(i % side, i / side))))
            .collect()
    }

    #[test]
    fn a_disc_is_a_picture_with_its_pixels() {
        let values = disc(28);
        let picture = picture(&[1, 1, 28, 28], &values).unwrap();
        let encoded = picture
            .address
            .strip_prefix("data:image/png;base64,")
            .unwrap();
        let bytes = STANDARD.decode(encoded).unwrap();
        let decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        let expected: Vec<u8> = values.iter().map(|v| (v * 255.0) as u8).collect();
        assert_eq!(pixels, expected);
    }

    #[test]
    fn channels_stand_before_or_behind() {
        let one = disc(16);
        let planes = [
            one.clone(),
            one.iter().map(|v| v / 2.0).collect(),
            vec![0.0; 256],
        ]
        .concat();
        let together: Vec<f64> = one.iter().flat_map(|v| [*v, v / 2.0, 0.0]).collect();
        let before = picture(&[1, 3, 16, 16], &planes).unwrap();
        let behind = picture(&[1, 16, 16, 3], &together).unwrap();
        assert_eq!(before.address, behind.address);
    }

    #[test]
    fn what_is_no_picture() {
        // Noise: neighbours are as unlike as all others.
        let noise: Vec<f64> = (0..1024u32)
            .map(|i| f64::from(i.wrapping_mul(2_654_435_761) >> 24))
            .collect();
        assert!(picture(&[32, 32], &noise).is_none());
        assert!(picture(&[32, 32], &[0.5; 1024]).is_none());
        assert!(picture(&[1, 1024], &disc(32)).is_none());
        assert!(picture(&[2, 16, 32], &disc(32)).is_none());
        assert!(picture(&[1, 28, 28], &disc(27)).is_none());
    }
}
