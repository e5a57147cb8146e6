//! ZipMap: a dictionary of each row. The row itself is kept, in the order of the class labels.

use crate::import::Importer;
use crate::import::domains::ML;
use crate::import::node::Node;
use crate::import::refusal::Imported;
use crate::import::registry::{Operation, ints, strings};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("ZipMap", &[1], import)
        .domain(ML)
        .attributes(&[ints("classlabels_int64s"), strings("classlabels_strings")])
        .row("the rows are kept, in the order of the labels", "nothing")
}

fn import(_: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    Ok(vec![node.input(0)?.clone()])
}
