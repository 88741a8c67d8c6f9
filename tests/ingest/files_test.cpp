// Files: plain, compressed, damaged, missing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "ingest/ingest_cases.hpp"
#include "support/recorded_data.hpp"

namespace maskmetrics::testing {

namespace {

/// A folder of its own for each test.
class files : public ::testing::Test {
protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "maskmetrics_files_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::filesystem::path write(std::string const& name, std::string_view bytes) const {
    std::filesystem::path const path = folder_ / name;
    std::filesystem::remove(path);  // never changes a file that may be mapped
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  std::filesystem::path folder_;
};

std::string gzip(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<Bytef const*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(std::string_view text) {
  std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> const state(ZSTD_createCCtx(), ZSTD_freeCCtx);
  EXPECT_FALSE(ZSTD_isError(ZSTD_CCtx_setParameter(state.get(), ZSTD_c_checksumFlag, 1)));
  std::string out(ZSTD_compressBound(text.size()), '\0');
  std::size_t const size = ZSTD_compress2(state.get(), out.data(), out.size(), text.data(), text.size());
  EXPECT_FALSE(ZSTD_isError(size));
  out.resize(size);
  return out;
}

dataset load(std::filesystem::path const& file) {
  return load_dataset({}, file);
}

std::string many_annotations() {
  std::string rows;
  for (int i = 0; i < 20000; ++i) {
    if (i > 0) rows += ',';
    rows += R"({"id": )";
    rows += std::to_string(i + 1);
    rows += R"(, "image_id": 1, "category_id": 1, "area": 1, "bbox": [0, 0, 1, 1], "iscrowd": 0,)";
    rows += R"("segmentation": {"size": [30, 20], "counts": "PQ1"}})";
  }
  return ground_truth_with(rows);
}

}  // namespace

TEST_F(files, memory_of_a_mapped_file_can_be_given_back) {
  dataset const truth = load(write("gt.json", many_annotations()));
  std::string rows;
  for (int i = 0; i < 20000; ++i) {
    rows += i == 0 ? "[" : ", ";
    rows += R"({"image_id": 1, "category_id": 1, "score": 0.5, "segmentation": {"size": [30, 20], "counts": "PQ1"}})";
  }
  rows += "]";
  mask_batch const mapped = load_detections({}, write("dt.json", rows), truth).masks;
  ASSERT_TRUE(mapped.release_text);
  mapped.release_text(0, 1);
  mapped.release_text(5000, mapped.text.size());
  mapped.release_text(mapped.text.size(), mapped.text.size());
  mapped.release_text(0, mapped.text.size() + 1000000);
  for (mask_entry const& entry : mapped.entries) ASSERT_EQ(mapped.text_of(entry), "PQ1");
  EXPECT_FALSE(load_detections({}, write("dt.json.gz", gzip(rows)), truth).masks.release_text);
}

TEST_F(files, plain_and_compressed_say_the_same) {
  std::string const text = many_annotations();
  dataset const plain = load(write("gt.json", text));
  ASSERT_EQ(plain.annotations.size(), 20000U);
  EXPECT_EQ(plain.source, (folder_ / "gt.json").string());
  mask_batch const& masks = plain.annotations.masks;
  EXPECT_EQ(masks.text_of(masks.entries[19999]), "PQ1");
  EXPECT_EQ(masks.text.substr(masks.entries[19999].begin - 1, 5), "\"PQ1\"");
  std::size_t const half = text.size() / 2;
  for (std::string const& compressed : {gzip(text), zstd(text), gzip(text.substr(0, half)) + gzip(text.substr(half)),
                                        zstd(text.substr(0, half)) + zstd(text.substr(half))}) {
    // Named as the plain file: what a file is, its first bytes say.
    expect_same(load(write("gt.json", compressed)), plain);
  }
}

TEST_F(files, a_byte_order_mark_is_skipped) {
  std::string const text = ground_truth_with("");
  dataset const plain = load(write("gt.json", text));
  std::string const marked = "\xEF\xBB\xBF" + text;
  for (std::string const& bytes : {marked, gzip(marked), zstd(marked)}) {
    expect_same(load(write("gt.json", bytes)), plain);
    expect_same(load_dataset({}, text_file::read(write("gt.json", bytes))), plain);
  }
}

TEST_F(files, archives_within_compressed_files_are_named) {
  std::filesystem::path const path = write("gt.json.gz", gzip("name" + std::string(253, '\0') + "ustar"));
  expect_input_error([&] { static_cast<void>(load(path)); }, path.string(), "byte 0", "got a tar archive; unpack it");
}

TEST_F(files, results_of_both_kinds) {
  dataset const ground_truth = small_ground_truth();
  std::string const text = R"([{"image_id": 1, "category_id": 1, "score": 0.5, "bbox": [0, 0, 1, 1]}])";
  detections const plain = load_detections({}, write("dt.json", text), ground_truth);
  EXPECT_EQ(plain.size(), 1U);
  expect_same(load_detections({}, write("dt.json", zstd(text)), ground_truth), plain);
}

TEST_F(files, masks_outlive_the_file) {
  dataset data;
  {
    std::filesystem::path const path = write("gt.json", many_annotations());
    data = load(path);
    std::filesystem::remove(path);
  }
  EXPECT_EQ(data.annotations.masks.text_of(data.annotations.masks.entries[12345]), "PQ1");
}

TEST_F(files, a_pipe_is_read_to_its_end) {
  std::filesystem::path const pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::string const text = many_annotations();
  std::thread writer([&] { std::ofstream(pipe, std::ios::binary) << text; });
  dataset const data = load(pipe);
  writer.join();
  EXPECT_EQ(data.annotations.size(), 20000U);
}

TEST_F(files, that_cannot_be_read) {
  std::string const missing = (folder_ / "missing.json").string();
  expect_input_error([&] { static_cast<void>(load(missing)); }, missing, "", "cannot be opened: No such file");
  expect_input_error([&] { static_cast<void>(load(folder_)); }, folder_.string(), "", "is a directory");
  std::filesystem::path const empty = write("empty.json", "");
  expect_input_error([&] { static_cast<void>(load(empty)); }, empty.string(), "", "is empty");
  std::filesystem::path const hollow = write("hollow.json", gzip(""));
  expect_input_error([&] { static_cast<void>(load(hollow)); }, hollow.string(), "", "is empty once decompressed");
  expect_input_error([] { static_cast<void>(load("/dev/zero")); }, "/dev/zero", "", "is not a file");
  if (::geteuid() == 0) GTEST_SKIP() << "root may read every file";
  std::filesystem::path const secret = write("secret.json", "{}");
  std::filesystem::permissions(secret, std::filesystem::perms::none);
  expect_input_error([&] { static_cast<void>(load(secret)); }, secret.string(), "", "cannot be opened: Permission");
}

TEST_F(files, damaged_archives) {
  std::string const text = many_annotations().substr(0, 5000);
  for (bool const is_gzip : {true, false}) {
    std::string const good = is_gzip ? gzip(text) : zstd(text);
    std::string const kind = is_gzip ? "gzip" : "zstd";
    for (std::size_t size = 4; size < good.size(); size += 1 + size / 16) {
      std::filesystem::path const path = write("cut", good.substr(0, size));
      expect_input_error([&] { static_cast<void>(load(path)); }, path.string(),
                         "byte " + std::to_string(size) + " of the compressed file", kind + " data end too early");
    }
    std::string bad = good;
    bad[bad.size() / 2] = static_cast<char>(~bad[bad.size() / 2]);
    std::filesystem::path const path = write("bad", bad);
    try {
      static_cast<void>(load(path));
      ADD_FAILURE() << "a damaged archive was read";
    } catch (input_error const& error) {
      EXPECT_THAT(error.place(), ::testing::StartsWith("byte "));
      EXPECT_THAT(error.problem(), ::testing::HasSubstr("damaged " + kind + " data"));
    }
    std::filesystem::path const longer = write("longer", good + "tail");
    EXPECT_THROW(static_cast<void>(load(longer)), input_error);
  }
}

class recorded_files : public recorded_data_test<> {};

TEST_F(recorded_files, coco_val2014_100) {
  std::filesystem::path const folder = recorded("coco_val2014_100");
  dataset const data = load(folder / "gt.json");
  EXPECT_EQ(data.images.size(), 100U);
  EXPECT_EQ(data.categories.size(), 80U);
  EXPECT_EQ(data.categories.names.front(), "person");
  EXPECT_EQ(data.categories.names.back(), "toothbrush");
  EXPECT_GT(data.annotations.size(), 100U);
  detections const boxes = load_detections({}, folder / "dt_bbox.json", data);
  EXPECT_EQ(boxes.boxes.size(), boxes.size());
  EXPECT_EQ(boxes.areas_px.size(), boxes.size());
  detections const masks = load_detections({}, folder / "dt_segm.json", data);
  EXPECT_EQ(masks.masks.entries.size(), masks.size());
  EXPECT_TRUE(masks.boxes.empty());
  EXPECT_TRUE(masks.areas_px.empty());
}

TEST_F(files, text_in_memory_outlives_its_file) {
  std::string const text = ground_truth_with(
      R"({"id": 1, "image_id": 1, "category_id": 1, "area": 4, "iscrowd": 0, "bbox": [0, 0, 2, 2],
          "segmentation": {"size": [30, 20], "counts": "PQ1"}})");
  for (std::string const& bytes : {text, gzip(text), zstd(text)}) {
    auto const path = write("gt.json", bytes);
    text_file const kept = text_file::read(path);
    EXPECT_EQ(kept.name(), path.string());
    EXPECT_EQ(kept.text(), text);
    dataset const expected = load_dataset({}, path);
    dataset const actual = load_dataset({}, kept);
    // Emptied in place: a mapping of it could not be read any more.
    std::ofstream(path, std::ios::trunc).close();
    EXPECT_EQ(actual.annotations.masks.text_of(actual.annotations.masks.entries[0]), "PQ1");
    EXPECT_EQ(actual.images.ids, expected.images.ids);
    EXPECT_EQ(actual.annotations.ids, expected.annotations.ids);
  }
}

TEST_F(files, text_in_memory_is_read_as_results) {
  text_file const text =
      text_file::of("dt", R"([{"image_id": 2, "category_id": 2, "score": 0.5, "bbox": [1, 2, 3, 4]}])");
  detections const results = load_detections({}, text, small_ground_truth());
  EXPECT_EQ(results.source, "dt");
  EXPECT_THAT(results.image_indices, ::testing::ElementsAre(1U));
  expect_input_error([&] { (void)text_file::read(folder_ / "missing.json"); }, (folder_ / "missing.json").string(), "",
                     "cannot be opened");
}

}  // namespace maskmetrics::testing
