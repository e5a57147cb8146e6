//! Tests that need the protocol's insides: a sample of every kind of relation, honest and dishonest provers, the simulator.

mod complete;
mod sample;
