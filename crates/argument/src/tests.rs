//! Tests that need the protocol's insides: a sample of every kind of relation, honest and dishonest provers, the simulator.

mod adversary;
mod complete;
mod fields;
mod fixtures;
mod forgeries;
mod inventory;
mod many;
mod mutations;
pub mod oracle;
mod poseidon;
mod sample;
mod simulator;
mod wires;
mod witness;
