//! Random small programs, for property tests.
