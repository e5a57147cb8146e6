//! Operations on dictionaries, which have no place in a program: they are refused in words of their own.

use crate::import::Importer;
use crate::import::domains::ML;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int, ints, string, strings};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("DictVectorizer", &[1], import)
        .domain(ML)
        .attributes(&[ints("int64_vocabulary"), strings("string_vocabulary")])
        .row("refused: give the model the vector that it makes", "")
}
inventory::submit! {
    Operation::new("CastMap", &[1], import)
        .domain(ML)
        .attributes(&[string("cast_to"), string("map_form"), int("max_map")])
        .row("refused: give the model the vector that it makes", "")
}

fn import(_: &mut Importer<'_>, _: &Node<'_>) -> Imported<Vec<Value>> {
    refuse(
        "it reads a dictionary, whose length is open; convert the model from the step behind it on, and give it the vector of numbers that the dictionary makes",
    )
}
