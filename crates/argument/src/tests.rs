//! Tests that need the protocol's insides: a sample of every kind of relation, honest and dishonest provers, the simulator.

mod adversary;
mod complete;
mod fixtures;
mod forgeries;
mod inventory;
mod mutations;
pub mod oracle;
mod sample;
mod simulator;
mod wires;
mod witness;
