#[napi_derive::napi]
pub fn librdkafka_version() -> String {
  let (_, version) = rdkafka::util::get_rdkafka_version();
  version
}
