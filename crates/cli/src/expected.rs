//! The outputs that a caller of `verify` expects.
//!
//! A JSON list of numbers for a model with one output, a list of such lists in the model's order, or an object from output name to
//! list; what `run --json` and `prove --json` print is taken too. Reals are rounded to the program's integers, which are compared.

use crate::error::Error;
use inferproof::{Program, Tensor, TensorId, integer_of_text, nearest, ports};
use serde_json::Value;

/// The integers of each output, from JSON text or from the file that it names.
pub fn read_outputs(
    program: &Program,
    text: &str,
    quantized: bool,
) -> Result<Vec<Vec<i64>>, Error> {
    let json = if text.trim_start().starts_with(['[', '{']) {
        text.to_owned()
    } else {
        let path = std::path::Path::new(text);
        std::fs::read_to_string(path).map_err(inferproof::Error::read(path))?
    };
    parse(program, &json, quantized).map_err(Error::Expected)
}

fn parse(program: &Program, json: &str, quantized: bool) -> Result<Vec<Vec<i64>>, String> {
    let value: Value = serde_json::from_str(json).map_err(|e| format!("not JSON: {e}"))?;
    let names: Vec<String> = ports(program, &program.outputs)
        .into_iter()
        .map(|p| p.name)
        .collect();
    let lists = lists(&value, &names, quantized)?;
    let outputs = program.outputs.iter().zip(lists);
    let outputs = outputs.filter_map(|(&id, list)| {
        let tensor = program.tensor(id)?;
        let meaning = program.meaning(id).filter(|_| !quantized);
        let is_text = meaning.is_some_and(|meaning| !meaning.categories.is_empty());
        Some(match is_text {
            true => codes(program, id, tensor, list),
            false => integers(tensor, list, quantized),
        })
    });
    outputs.collect()
}

/// The list of each output.
fn lists<'a>(
    value: &'a Value,
    names: &[String],
    quantized: bool,
) -> Result<Vec<&'a Value>, String> {
    match value {
        Value::Object(object) => {
            let key = if quantized {
                "outputs_quantized"
            } else {
                "outputs"
            };
            let object = object.get(key).and_then(Value::as_object).unwrap_or(object);
            let found = names.iter().map(|name| {
                object
                    .get(name)
                    .ok_or_else(|| format!("no output `{name}`"))
            });
            found.collect()
        }
        Value::Array(list) if list.iter().all(Value::is_array) && list.len() == names.len() => {
            Ok(list.iter().collect())
        }
        Value::Array(list)
            if list.iter().all(|v| v.is_number() || v.is_string()) && names.len() == 1 =>
        {
            Ok(vec![value])
        }
        _ => Err(format!(
            "expected a JSON list of numbers for each of the outputs {}",
            names.join(", ")
        )),
    }
}

/// Of an output of strings.
fn codes(
    program: &Program,
    id: TensorId,
    tensor: &Tensor,
    list: &Value,
) -> Result<Vec<i64>, String> {
    let name = &tensor.name;
    let texts = list.as_array().filter(|list| list.len() == tensor.volume());
    let texts = texts.ok_or_else(|| {
        format!(
            "output `{name}`: expected a list of {} strings",
            tensor.volume()
        )
    })?;
    let code = |(entry, value): (usize, &Value)| {
        let code = value
            .as_str()
            .and_then(|text| integer_of_text(program, id, text));
        code.ok_or_else(|| {
            format!(
                "output `{name}`: entry {entry} is {value}, which is none of the model's strings"
            )
        })
    };
    texts.iter().enumerate().map(code).collect()
}

fn integers(tensor: &Tensor, list: &Value, quantized: bool) -> Result<Vec<i64>, String> {
    let name = &tensor.name;
    let list = list
        .as_array()
        .ok_or_else(|| format!("output `{name}`: expected a list of numbers"))?;
    if list.len() != tensor.volume() {
        return Err(format!(
            "output `{name}`: expected {} numbers, got {}",
            tensor.volume(),
            list.len()
        ));
    }
    let numbers = list.iter().enumerate().map(|(entry, value)| {
        let integer = if quantized {
            value.as_i64()
        } else {
            value.as_f64().map(|v| nearest(tensor, v))
        };
        let expected = if quantized { "an integer" } else { "a number" };
        integer.ok_or_else(|| {
            format!("output `{name}`: entry {entry} is {value}; expected {expected}")
        })
    });
    numbers.collect()
}
