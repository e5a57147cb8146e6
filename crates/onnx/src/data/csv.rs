//! Tables as text: a header with the names of columns, then a line for each sample.

use super::entry::{Entry, Input};
use super::samples::Samples;
use super::table::Reader;
use crate::OnnxError;
use crate::import::Port;
use csv::{ErrorKind, ReaderBuilder, StringRecord};

/// What stands for a missing number, as pandas writes and reads it.
const MISSING: [&str; 11] = [
    "", "NaN", "nan", "NA", "N/A", "n/a", "<NA>", "#N/A", "null", "NULL", "None",
];

/// Reads a table.
pub fn samples(file: &str, bytes: &[u8], ports: &[Port]) -> Result<Samples, OnnxError> {
    let error = |reason: String| OnnxError::File {
        file: file.into(),
        reason,
    };
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter(bytes))
        .from_reader(bytes);
    let header = reader.headers().map_err(|e| error(words(&e)))?.clone();
    check_header(&header).map_err(error)?;
    let inputs: Vec<Input<'_>> = ports.iter().map(Input::new).collect();
    let names: Vec<&str> = header.iter().map(str::trim).collect();
    let mut table = Reader::new(file, names, &inputs)?;
    let mut record = StringRecord::new();
    let mut row = 0usize;
    while reader
        .read_record(&mut record)
        .map_err(|e| error(words(&e)))?
    {
        let line = line_of(bytes, record.position());
        table.row(&format!("line {line} (sample {row})"), |column, input| {
            let field = record.get(column)?;
            Some(match input {
                Some(input) if input.is_text() => text(field, input),
                _ => number(field),
            })
        })?;
        row += 1;
    }
    let table = table.finish()?;
    Samples::assembled(file, &inputs, table.values, table.labels)
}

/// Where a record begins, after the empty lines that are passed over.
fn line_of(bytes: &[u8], position: Option<&csv::Position>) -> u64 {
    let Some(position) = position else {
        return 0;
    };
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = bytes.get(start..).unwrap_or_default().iter();
    let empty = rest.take_while(|b| matches!(b, b'\n' | b'\r'));
    position.line() + empty.filter(|&&b| b == b'\n').count() as u64
}

/// Nothing between two commas is a missing string, unless the model knows the empty one.
fn text<'a>(field: &'a str, input: &Input<'_>) -> Entry<'a> {
    match field.is_empty() && !input.port.categories.iter().any(String::is_empty) {
        true => Entry::Missing,
        false => Entry::Text(field),
    }
}

fn number(field: &str) -> Entry<'_> {
    let trimmed = field.trim();
    match trimmed {
        "true" | "True" | "TRUE" => true.into(),
        "false" | "False" | "FALSE" => false.into(),
        _ if MISSING.contains(&trimmed) => Entry::Missing,
        _ => match trimmed.parse() {
            Ok(number) => Entry::Number(number),
            Err(_) => Entry::Text(field),
        },
    }
}

/// A comma, or what stands in its place in the header: a tab, or the semicolon of countries that write numbers with a comma.
fn delimiter(bytes: &[u8]) -> u8 {
    let header = bytes.split(|&b| b == b'\n').next().unwrap_or_default();
    let first = header.iter().scan(false, |quoted, &b| {
        *quoted ^= b == b'"';
        Some((*quoted, b))
    });
    let mut plain = first.filter(|&(quoted, b)| !quoted && matches!(b, b',' | b';' | b'\t'));
    plain.next().map_or(b',', |(_, b)| b)
}

/// A first line of numbers is a sample more likely than a header. Only the names that pandas gives columns without one, `0,1,2,..`, are
/// told from data.
fn check_header(header: &StringRecord) -> Result<(), String> {
    let is_count = |(position, name): (usize, &str)| name.trim() == position.to_string();
    if header.len() > 2 && header.iter().enumerate().all(is_count) {
        return Ok(());
    }
    if header.iter().all(|name| name.trim().parse::<f64>().is_ok()) {
        return Err(
            "its first line holds numbers; expected a header with the names of the columns: put one in front".into(),
        );
    }
    Ok(())
}

/// What is wrong with the text, and where.
fn words(error: &csv::Error) -> String {
    let line = |position: Option<&csv::Position>| position.map_or(0, csv::Position::line);
    match error.kind() {
        ErrorKind::UnequalLengths {
            pos,
            expected_len,
            len,
        } => format!(
            "line {} has {len} fields, the header {expected_len}; quote fields that hold the separator",
            line(pos.as_ref())
        ),
        ErrorKind::Utf8 { pos, .. } => format!(
            "line {} is not UTF-8 text; save the table in that encoding",
            line(pos.as_ref())
        ),
        _ => "it cannot be read as a table".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(name: &str, shape: &[usize]) -> Port {
        Port {
            name: name.into(),
            shape: shape.to_vec(),
            ..Port::default()
        }
    }

    fn read(text: &str, ports: &[Port]) -> Result<Samples, String> {
        samples("t.csv", text.as_bytes(), ports).map_err(|e| e.to_string())
    }

    #[test]
    fn columns_of_one_input_are_taken_in_order() {
        let x = [port("x", &[1, 3])];
        let plain = read("a,b,c\n1,2,3\n4,5.5,-6e1\n", &x).unwrap();
        let expected = vec![vec![vec![1.0, 2.0, 3.0]], vec![vec![4.0, 5.5, -60.0]]];
        assert_eq!(plain.inputs, expected);
        for same in [
            "\u{feff}a;b;c\r\n1;2;3\r\n4;5.5;-60\r\n",
            "a\tb\tc\n1\t2\t3\n\n4\t5.5\t-60",
            "0,1,2\n1, 2,3\n4,\"5.5\",-60\n",
            "a,\"b,;\",c\nTrue,2,3\n4,5.5,-60\n",
        ] {
            assert_eq!(read(same, &x).unwrap().inputs, expected, "{same}");
        }
        let labelled = read("a,label,b,c\n1,0,2,3\n4,1,5.5,-60\n", &x).unwrap();
        assert_eq!(labelled.inputs, expected);
        assert_eq!(labelled.labels, Some(vec![0, 1]));
    }

    #[test]
    fn columns_of_several_inputs_are_taken_by_name() {
        let mut city = port("city, town", &[1, 1]);
        city.categories = vec!["Bern".into(), "Ulm, \"Neu\"".into()];
        let ports = [port("age", &[1, 1]), city];
        let table = "id,\"city, town\",age\n7,\"Ulm, \"\"Neu\"\"\",40\n8,Bern,41\n9,Rome,42\n";
        let read_in = read(table, &ports).unwrap();
        let rows: Vec<_> = read_in.inputs.iter().map(|s| s.concat()).collect();
        assert_eq!(rows, [[40.0, 1.0], [41.0, 0.0], [42.0, 2.0]]);
        let absent = read("age,town\n1,Bern\n", &ports).unwrap_err();
        assert!(
            absent.contains("no tensor `city, town`") && absent.contains("`town`"),
            "{absent}"
        );
        let twice = read("age,age,\"city, town\"\n1,2,Bern\n", &ports).unwrap_err();
        assert!(twice.contains("two columns are called `age`"), "{twice}");
        let empty = read("age,\"city, town\"\n1,\n", &ports).unwrap_err();
        assert!(
            empty.contains("line 2 (sample 0), column `city, town` is missing"),
            "{empty}"
        );
    }

    #[test]
    fn missing_numbers_are_taken_where_the_model_takes_them() {
        let mut x = port("x", &[1, 2]);
        let table = "a,b\n1,\nnan,NA\n";
        let error = read(table, std::slice::from_ref(&x)).unwrap_err();
        assert!(
            error.contains("line 2 (sample 0), column `b` is NaN; expected a finite number"),
            "{error}"
        );
        x.may_be_missing = true;
        let rows = read(table, &[x]).unwrap().inputs;
        let missing: Vec<bool> = rows.concat().concat().iter().map(|v| v.is_nan()).collect();
        assert_eq!(missing, [false, true, true, true]);
    }

    #[test]
    fn what_is_no_such_table_is_refused_with_its_place() {
        let x = [port("x", &[1, 3])];
        let two = [port("x", &[1, 3]), port("y", &[1, 1])];
        for (table, ports, expected) in [
            ("1,2,3\n4,5,6\n", &x[..], "its first line holds numbers"),
            ("0,1\n4,5\n", &x, "its first line holds numbers"),
            ("a,b,c\n1,2\n", &x, "line 2 has 2 fields, the header 3"),
            (
                "a,b,c\n1,2,3\n\n1,x,3\n",
                &x,
                "line 4 (sample 1), column `b` is `x`; expected a number",
            ),
            ("a,b,c\n1,2,inf\n", &x, "is inf; expected a finite number"),
            ("a,b,c\n", &x, "a header and no rows"),
            (
                "a,b\n1,2\n",
                &x,
                "expected 3 columns, one for each entry of shape [1, 3], in order, got 2 columns (`a`, `b`)",
            ),
            (
                ",a,b,c\n0,1,2,3\n",
                &x,
                "without it (`index=False` in pandas)",
            ),
            ("a,b,label\n1,2,3\n", &x, "2 columns beside `label`"),
            (
                "a,b,c,label\n1,2,3,yes\n",
                &x,
                "tensor `label`: line 2 (sample 0), column `label` is `yes`",
            ),
            (
                "a;b;c\n1,5;2;3\n",
                &x,
                "column `a` is `1,5`; expected a number",
            ),
            (
                "a,b,c\n1,2,3\n",
                &two,
                "a table fits one input, or inputs of one entry each",
            ),
        ] {
            let error = read(table, ports).unwrap_err();
            assert!(error.contains(expected), "{table:?}: {error}");
        }
        let error = samples("t.csv", b"a,b,c\n1,\xff,3\n", &x)
            .unwrap_err()
            .to_string();
        assert!(error.contains("line 2 is not UTF-8"), "{error}");
        let error = samples("t.csv", b"\xff\xfea\0", &x)
            .unwrap_err()
            .to_string();
        assert!(error.contains("line 1 is not UTF-8"), "{error}");
    }
}
