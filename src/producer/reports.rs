//! The outcome of sends: delivery reports, folded into one report for each send.

use crate::ffi::DeliveryReports;
use crate::wire::sends::ProduceBatch;

/// The state of one send, until all its records are complete.
#[derive(Default)]
struct SendState {
  waiting: usize,
  batches: Vec<BatchState>,
}

#[derive(Clone, Copy)]
struct BatchState {
  /// The smallest offset so far; -1 before the first.
  base: i64,
  error: i32,
}

/// All sends of a handle; the ids are JavaScript's, small and reused.
#[derive(Default)]
pub struct SendTable {
  sends: Vec<SendState>,
  finished: Vec<f64>,
}

impl SendTable {
  pub fn expect(&mut self, batch: &ProduceBatch<'_>) {
    let index = batch.send as usize;
    if self.sends.len() <= index {
      self.sends.resize_with(index + 1, SendState::default);
    }
    let send = &mut self.sends[index];
    send.waiting += batch.count;
    send.batches.push(BatchState { base: -1, error: 0 });
  }

  pub fn report(&mut self, reports: &DeliveryReports) {
    self.complete(reports.tag(), reports.code, reports.offset, reports.records);
  }

  /// Counts `records` of a batch as complete.
  pub fn complete(&mut self, tag: u64, code: i32, offset: i64, records: usize) {
    let (id, batch) = ((tag >> 32) as usize, tag as u32 as usize);
    let Some(send) = self.sends.get_mut(id).filter(|send| send.waiting > 0) else { return };
    let Some(state) = send.batches.get_mut(batch) else { return };
    if code != 0 {
      state.error = code;
    } else if state.base < 0 || offset < state.base {
      state.base = offset;
    }
    send.waiting = send.waiting.saturating_sub(records);
    if send.waiting == 0 {
      self.finished.push(id as f64);
      for batch in send.batches.drain(..) {
        self.finished.extend([batch.base as f64, f64::from(batch.error)]);
      }
    }
  }

  /// The reports of the sends that have become complete, as in `ToJs::Reports`.
  pub fn take_finished(&mut self) -> Vec<f64> {
    std::mem::take(&mut self.finished)
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  fn report(send: u32, batch: u32, code: i32, offset: i64) -> DeliveryReports {
    reports(send, batch, code, offset, 1)
  }

  fn reports(send: u32, batch: u32, code: i32, offset: i64, records: usize) -> DeliveryReports {
    DeliveryReports::for_test(u64::from(send) << 32 | u64::from(batch), code, offset, records)
  }

  fn table(batches: &[(u32, usize)]) -> SendTable {
    let mut table = SendTable::default();
    for &(send, count) in batches {
      table.expect(&ProduceBatch::for_test(send, count));
    }
    table
  }

  #[test]
  fn a_send_is_complete_when_every_record_of_it_has_reported() {
    let mut table = table(&[(3, 2), (3, 1)]);
    table.report(&report(3, 0, 0, 11));
    table.report(&report(3, 1, 0, 40));
    assert!(table.finished.is_empty());
    table.report(&report(3, 0, 0, 10));
    assert_eq!(table.take_finished(), [3.0, 10.0, 0.0, 40.0, 0.0]);
  }

  #[test]
  fn records_that_report_together_count_one_by_one() {
    let mut table = table(&[(3, 5)]);
    table.report(&reports(3, 0, 0, 11, 3));
    assert!(table.finished.is_empty());
    table.report(&reports(3, 0, 0, 14, 2));
    assert_eq!(table.take_finished(), [3.0, 11.0, 0.0]);
  }

  #[test]
  fn an_error_stays_with_its_batch() {
    let mut table = table(&[(1, 2), (1, 1)]);
    table.report(&report(1, 0, 0, 5));
    table.report(&report(1, 0, 6, -1));
    table.report(&report(1, 1, 0, 7));
    assert_eq!(table.take_finished(), [1.0, 5.0, 6.0, 7.0, 0.0]);
  }

  #[test]
  fn an_id_is_free_again_after_its_report() {
    let mut table = table(&[(1, 1)]);
    table.report(&report(1, 0, 0, 5));
    table.expect(&ProduceBatch::for_test(1, 1));
    table.report(&report(1, 0, 0, 6));
    assert_eq!(table.take_finished(), [1.0, 5.0, 0.0, 1.0, 6.0, 0.0]);
  }

  #[test]
  fn reports_that_nobody_waits_for_are_ignored() {
    let mut table = table(&[(1, 1)]);
    table.report(&report(9, 0, 0, 5));
    table.report(&report(0, 0, 0, 5));
    assert!(table.take_finished().is_empty());
  }
}
