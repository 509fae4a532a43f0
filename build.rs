use std::path::{Path, PathBuf};
use std::{env, fs};

/// C files that reach into librdkafka's internals, where its public API has no way.
const SHIMS: &[&str] = &[
  "src/ffi/shims/assignor.c",
  "src/ffi/shims/produce_batch.c",
  "src/ffi/shims/dev_broker.c",
  "src/ffi/shims/max_in_flight_per_partition.c",
  "src/ffi/shims/join_group.c",
  "src/ffi/shims/fast_rejoin.c",
];

/// Functions of librdkafka that `src/ffi/shims/max_in_flight_per_partition.c` and `src/ffi/shims/join_group.c` stand in for.
const WRAPPED: &[&str] = &["rd_kafka_ProduceRequest", "rd_kafka_msgbatch_destroy", "rd_kafka_JoinGroupRequest"];

fn main() {
  napi_build::setup();
  compile_shims();
}

fn compile_shims() {
  let librdkafka = PathBuf::from(env::var_os("DEP_RDKAFKA_ROOT").expect(
    "DEP_RDKAFKA_ROOT is not set: rdkafka-sys must be a direct dependency and use its configure build, not cmake",
  ));
  let mut build = cc::Build::new();
  for include in librdkafka_includes(&librdkafka) {
    build.flag(format!("-isystem{include}"));
  }
  build
    .std("gnu11")
    .include(librdkafka.join("src"))
    .include(&librdkafka)
    .files(SHIMS)
    // librdkafka's headers are not clean under -Wextra; -Wall is what it is built with itself.
    .extra_warnings(false)
    .flag("-fvisibility=hidden")
    .compile("kafka_node_shims");
  for function in WRAPPED {
    // An option of the ELF linkers; elsewhere linking fails here, which is better than a producer that loses its order.
    println!("cargo:rustc-link-arg-cdylib=-Wl,--wrap={function}");
  }
  println!("cargo:rerun-if-changed=src/ffi/shims");
}

/// The include folders that librdkafka was configured with.
///
/// Its internal structures have other members with and without OpenSSL's engines, so the shims must see the very
/// headers that librdkafka saw, and cargo tells their place to rdkafka-sys only.
fn librdkafka_includes(librdkafka: &Path) -> Vec<String> {
  let path = librdkafka.join("Makefile.config");
  let config = fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
  config
    .lines()
    .filter(|line| line.starts_with("CFLAGS") || line.starts_with("CPPFLAGS"))
    .flat_map(str::split_whitespace)
    .filter_map(|flag| flag.strip_prefix("-I"))
    .map(str::to_owned)
    .collect()
}
