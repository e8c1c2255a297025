//! Integration tests of the pipeline on the local stack.
