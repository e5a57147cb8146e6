//! Mod: remainders. Of integers they have the sign of the divisor, or, with `fmod`, that of the dividend; of reals always the latter.

use crate::function::Operation as Arithmetic;
use crate::import::Importer;
use crate::import::build::typed::{Binary, evaluate_binary};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation, int};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("Mod", &[10, 13], import)
        .attributes(&[int("fmod")])
        .fold(Fold::Own(evaluate))
        .row("by a constant of at most 16 different numbers; integers also by an array of numbers below 10,000, or by a tensor of up to 16 bits", "a table; or a quotient, and what its multiples leave")
}

/// Whether remainders have the sign of the dividend.
fn follows_dividend(node: &Node<'_>) -> Imported<bool> {
    let fmod = node.flag("fmod", false);
    if !fmod && node.element(0)?.is_float() {
        return refuse("remainders of reals need the attribute `fmod` = 1");
    }
    Ok(fmod)
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let operation = match follows_dividend(node)? {
        true => Arithmetic::Remainder,
        false => Arithmetic::Modulo,
    };
    if let Some(Value::Constant(divisor)) = node.optional(1)
        && divisor.reals().is_some_and(|d| d.contains(&0.0))
    {
        return refuse("a remainder by a constant zero");
    }
    let value = importer.entrywise_to(node, operation, node.element(0)?)?;
    Ok(vec![value])
}

fn evaluate(node: &Node<'_>) -> Imported<Vec<Value>> {
    evaluate_binary(
        node,
        &match follows_dividend(node)? {
            true => Binary {
                reals: libm::fmod,
                integers: i128::checked_rem,
                result: None,
            },
            false => Binary {
                reals: libm::fmod,
                integers: |a, b| {
                    let remainder = a.checked_rem(b)?;
                    (remainder + b).checked_rem(b)
                },
                result: None,
            },
        },
    )
}
