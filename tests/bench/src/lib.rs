//! Measures the functions and the pipeline beside what people would use instead: one table, one
//! report. A module per part of the benchmarks; the others are what all of them stand on.

pub mod authority;
pub mod bench;
pub mod child;
pub mod cold_start;
pub mod cost;
pub mod error;
pub mod lambda;
pub mod machine;
pub mod overhead;
pub mod part;
pub mod prewarm;
pub mod report;
pub mod sample;
pub mod services;
pub mod table;
