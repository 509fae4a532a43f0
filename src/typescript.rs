//! Writes `core/protocol.d.ts`: what crosses as JSON text, in TypeScript, from the Rust types themselves.
//!
//! `UPDATE_PROTOCOL=1 cargo test typescript` writes the file anew; without it the test fails when the file is out of date.

use crate::bridge::Event;
use crate::config::{ConsumerOptions, ProducerOptions};
use crate::consumer::{Command, MemberAssignment};
use crate::ffi::Property;
use crate::requests::{Answer, Request};
use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use ts_rs::{Config, TypeVisitor, TS};

const HEADER: &str = "\
// Generated from the types in src/ by src/typescript.rs. Do not edit: run `npm run protocol`.
//
// Everything but records crosses as JSON text. JavaScript sends options, commands and requests; events come back.
";

/// Collects the declarations of types and of all that they are made of, by name.
struct Declarations {
  config: Config,
  seen: HashSet<TypeId>,
  by_name: BTreeMap<String, String>,
}

impl Declarations {
  fn add<T: TS + 'static + ?Sized>(&mut self) {
    self.visit::<T>();
  }
}

impl TypeVisitor for Declarations {
  fn visit<T: TS + 'static + ?Sized>(&mut self) {
    // Only types of our own have a file to be written to.
    if T::output_path().is_none() || !self.seen.insert(TypeId::of::<T>()) {
      return;
    }
    let docs = T::docs().map(|docs| docs.trim_end().to_owned() + "\n").unwrap_or_default();
    let declaration = format!("{docs}export {}\n", T::decl(&self.config));
    self.by_name.insert(T::ident(&self.config), declaration);
    T::visit_dependencies(self);
  }
}

fn declarations() -> String {
  let config = Config::default().with_large_int("number");
  let mut all = Declarations { config, seen: HashSet::new(), by_name: BTreeMap::new() };
  all.add::<ProducerOptions>();
  all.add::<ConsumerOptions>();
  all.add::<Command>();
  all.add::<Request>();
  all.add::<MemberAssignment>();
  all.add::<Event>();
  all.add::<Answer>();
  // What crosses outside of them.
  all.add::<Property>();
  let mut text = HEADER.to_owned();
  for declaration in all.by_name.values() {
    text.push('\n');
    text.push_str(declaration);
  }
  text
}

#[test]
fn the_types_in_javascript_are_those_of_this_crate() {
  let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("core/protocol.d.ts");
  let wanted = declarations();
  if std::env::var_os("UPDATE_PROTOCOL").is_some() {
    std::fs::write(&path, &wanted).unwrap();
  }
  let found = std::fs::read_to_string(&path).unwrap_or_default();
  assert!(found == wanted, "core/protocol.d.ts is out of date: run `npm run protocol`");
}
