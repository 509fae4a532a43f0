use std::env;
use std::path::Path;

/// C files that reach into librdkafka's internals, where its public API has no way.
const SHIMS: &[&str] = &[
  "src/ffi/shims/assignor.c",
  "src/ffi/shims/produce_batch.c",
  "src/ffi/shims/dev_broker.c",
  "src/ffi/shims/max_in_flight_per_partition.c",
  "src/ffi/shims/producer_id.c",
  "src/ffi/shims/refused_batch.c",
  "src/ffi/shims/join_group.c",
  "src/ffi/shims/last_broker.c",
  "src/ffi/shims/give_up_commits.c",
  "src/ffi/shims/fast_rejoin.c",
  "src/ffi/shims/headers.c",
  "src/ffi/shims/no_group.c",
  "src/ffi/shims/replaced.c",
  "src/ffi/shims/metadata.c",
  "src/ffi/shims/broker_request.c",
  "src/ffi/shims/wake_brokers.c",
];

/// Gives the benchmark's bare librdkafka the functions that the shims replace.
const UNREPLACED: &str = "benchmark/raw/originals.c";

fn main() {
  napi_build::setup();
  println!("cargo::rerun-if-changed=build.rs");
  println!("cargo::rerun-if-changed=src/ffi/shims");
  println!("cargo::rerun-if-changed={UNREPLACED}");
  // Whole, as librdkafka is: it calls into the shims, and a linker may have passed them by then.
  with_librdkafkas_headers().files(SHIMS).link_lib_modifier("+whole-archive").compile("kafka_node_shims");

  let objects = with_librdkafkas_headers().file(UNREPLACED).compile_intermediates();
  for object in objects {
    println!("cargo::rustc-link-arg-examples={}", object.display());
  }
}

/// librdkafka's internal structures depend on how it is configured, so the shims are compiled with the configuration and
/// the headers that librdkafka was compiled with (librdkafka/build.rs).
fn with_librdkafkas_headers() -> cc::Build {
  let includes = env::var_os("DEP_KAFKA_NODE_LIBRDKAFKA_INCLUDES").expect("librdkafka/build.rs tells its includes");
  let config = env::var_os("DEP_KAFKA_NODE_LIBRDKAFKA_CONFIG").expect("librdkafka/build.rs tells its config.h");
  let mut build = cc::Build::new();
  for include in env::split_paths(&includes) {
    build.flag("-isystem").flag(include);
  }
  println!("cargo::rerun-if-changed={}", Path::new(&config).display());
  build.flag("-include").flag(&config).std("gnu11").flag("-fvisibility=hidden");
  // librdkafka's headers are not clean under -Wextra; -Wall is what it is built with itself.
  build.extra_warnings(false);
  build
}
