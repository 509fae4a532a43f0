//! The bytes that cross the boundary. Each format has its encoder or decoder here and its twin in `core/wire/`.

pub mod records;
pub mod sends;
