//! A picture in the terminal: two rows of pixels in one line of half blocks.

/// Pixels from here on are ink.
const INK: f64 = 0.4;

/// Draws pixels of a row-major picture, without the empty margin above and below.
pub fn draw(pixels: &[f64], width: usize) -> String {
    let rows: Vec<Vec<bool>> = pixels
        .chunks(width)
        .map(|row| row.iter().map(|&p| p >= INK).collect())
        .collect();
    let inked = |row: &Vec<bool>| row.contains(&true);
    let first = rows.iter().position(inked).unwrap_or(0);
    let last = rows.iter().rposition(inked).map_or(0, |last| last + 1);
    let mut drawing = String::new();
    for pair in rows.get(first..last).unwrap_or_default().chunks(2) {
        let mut line = String::new();
        for column in 0..width {
            let ink = |row: usize| {
                pair.get(row)
                    .and_then(|r| r.get(column))
                    .copied()
                    .unwrap_or(false)
            };
            line.push(match (ink(0), ink(1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        drawing.push_str(line.trim_end());
        drawing.push('\n');
    }
    drawing
}

#[cfg(test)]
mod tests {
    use super::draw;

    #[test]
    fn two_rows_share_a_line_and_margins_are_cut() {
        let picture = [0., 0., 0., 1., 0., 1., 0., 1., 1., 0., 0., 0.];
        assert_eq!(draw(&picture, 3), "▀▄█\n");
        assert_eq!(draw(&[0.0; 9], 3), "");
    }
}
