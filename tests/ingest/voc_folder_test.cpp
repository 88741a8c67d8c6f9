// Folders of Pascal VOC's files, and results that belong to them.
#include <gtest/gtest.h>

#include <filesystem>

#include "ingest/ingest_cases.hpp"
#include "ingest/test_folder.hpp"

namespace maskmetrics::testing {

namespace {

ingest_options voc_options(box_convention convention = box_convention::inclusive) {
  protocol how = protocol::voc(iou_type::bbox);
  how.box_convention = convention;
  return ingest_options::for_protocol(how);
}

class voc_folder : public test_folder {
protected:
  void write_text_ground_truth() const {
    (void)write("gts/b.txt", "dog 10 20 30 40\n\n  cat\t1.5 2 3 4  \r\n");
    (void)write("gts/a.txt", "");
    (void)write("gts/c.txt",
                "\xEF\xBB\xBF"
                "cat 0 0 0 0");
    (void)write("gts/.hidden.txt", "nonsense");
    (void)write("gts/readme.md", "nonsense");
  }
  [[nodiscard]] dataset load(box_convention convention = box_convention::inclusive) const {
    return load_dataset({}, folder_ / "gts", voc_options(convention));
  }
  [[nodiscard]] detections load_results(std::string const& name, dataset const& ground_truth) const {
    return load_detections({}, folder_ / name, ground_truth, voc_options());
  }
  void expect_bad(std::string const& name, dataset const& ground_truth, std::string const& source,
                  std::string const& place, std::string const& problem) const {
    expect_input_error([&] { static_cast<void>(load_results(name, ground_truth)); }, (folder_ / source).string(), place,
                       problem);
  }
};

std::string xml_of(std::string const& name, std::string const& more = "") {
  return "<annotation><size><width>50</width><height>40</height></size><object><name>" + name + "</name>" + more +
         "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>10</xmax><ymax>20</ymax></bndbox></object></annotation>";
}

}  // namespace

TEST_F(voc_folder, difficult_is_1_and_nothing_else) {
  (void)write("gts/1.xml", xml_of("dog", "<difficult>Unspecified</difficult>"));
  (void)write("gts/2.xml", xml_of("dog", "<difficult>1</difficult>"));
  (void)write("gts/3.xml", xml_of("dog", "<difficult></difficult>"));
  (void)write("gts/4.xml", xml_of("dog"));
  dataset const data = load();
  EXPECT_EQ(data.annotations.ignore, (std::vector<std::uint8_t>{0, 1, 0, 0}));
  EXPECT_EQ(warning_count(data.warnings, "difficult_not_0_or_1"), 2U);
  std::string const message = warning_message(data.warnings, "difficult_not_0_or_1");
  EXPECT_NE(message.find("1.xml of " + data.source + ": object 0 (dog): 'Unspecified'"), std::string::npos) << message;
  ingest_options corrected = voc_options();
  corrected.parity = parity::corrected;
  expect_input_error([&] { static_cast<void>(load_dataset({}, folder_ / "gts", corrected)); },
                     (folder_ / "gts/1.xml").string(), "line 1, object 0 (dog)",
                     "expected 0 or 1, found 'Unspecified'");
}

TEST_F(voc_folder, sizes_that_are_not_usable_are_none) {
  auto const sized = [](std::string const& size) {
    return "<annotation><size>\n" + size + "</size>" + xml_of("dog").substr(std::string("<annotation>").size());
  };
  (void)write("gts/1.xml", sized("<width>-1</width><height>-1</height>"));
  (void)write("gts/2.xml", sized("<width>Unspecified</width><height>30</height>"));
  (void)write("gts/3.xml", sized("<height>30.5</height>"));
  (void)write("gts/4.xml", sized("<width>100000</width><height>90000</height>"));
  dataset const data = load();
  EXPECT_EQ(data.images.widths, (std::vector<std::uint32_t>{0, 0, 0, 100000}));
  EXPECT_EQ(data.images.heights, (std::vector<std::uint32_t>{0, 30, 0, 90000}));
  EXPECT_EQ(data.annotations.size(), 4U);
  EXPECT_EQ(warning_count(data.warnings, "image_size_not_usable"), 3U);
  std::string const message = warning_message(data.warnings, "image_size_not_usable");
  EXPECT_NE(message.find((folder_ / "gts/1.xml").string() + ": line 2: <height> '-1'"), std::string::npos) << message;
  ASSERT_EQ(data.images.size_notes.size(), 3U);
  EXPECT_EQ(data.images.size_notes[1].text, "image '2' has <width> 'Unspecified'");
  ingest_options corrected = voc_options();
  corrected.parity = parity::corrected;
  expect_input_error([&] { static_cast<void>(load_dataset({}, folder_ / "gts", corrected)); },
                     (folder_ / "gts/1.xml").string(), "line 2",
                     "<height>: expected an integer from 0 to 2^32 - 1, got '-1'");
}

TEST_F(voc_folder, of_text_is_a_data_set) {
  write_text_ground_truth();
  dataset const data = load();
  EXPECT_EQ(data.source, (folder_ / "gts").string());
  EXPECT_EQ(data.images.names, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(data.images.ids, (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(data.images.heights, (std::vector<std::uint32_t>{0, 0, 0}));
  EXPECT_EQ(data.categories.names, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(data.categories.ids, (std::vector<std::int64_t>{1, 2}));
  annotation_table const& annotations = data.annotations;
  EXPECT_EQ(annotations.ids, (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(annotations.image_indices, (std::vector<std::uint32_t>{1, 1, 2}));
  EXPECT_EQ(annotations.category_indices, (std::vector<std::uint32_t>{1, 0, 0}));
  EXPECT_EQ(annotations.areas_px, (std::vector<double>{31 * 41, 4 * 5, 1}));
  EXPECT_EQ(annotations.boxes[1].x, 1.5);
  EXPECT_EQ(annotations.boxes[0].height, 40);
  EXPECT_EQ(annotations.ignore, (std::vector<std::uint8_t>{0, 0, 0}));
  EXPECT_EQ(load(box_convention::continuous).annotations.areas_px, (std::vector<double>{30 * 40, 3 * 4, 0}));
}

TEST_F(voc_folder, of_xml_is_a_data_set) {
  (void)write("gts/2007_000032.xml", xml_of("person", "<difficult>1</difficult>"));
  (void)write("gts/2007_000027.xml", xml_of("aeroplane"));
  (void)write("gts/2007_000033.xml", "<annotation/>");
  for (int const threads : {1, 4}) {
    context ctx;
    ctx.threads = threads;
    dataset const data = load_dataset(ctx, folder_ / "gts", voc_options());
    EXPECT_EQ(data.images.names, (std::vector<std::string>{"2007_000027", "2007_000032", "2007_000033"}));
    // Names that are numbers are the ids.
    EXPECT_EQ(data.images.ids, (std::vector<std::int64_t>{2007000027, 2007000032, 2007000033}));
    EXPECT_EQ(data.images.widths, (std::vector<std::uint32_t>{50, 50, 0}));
    EXPECT_EQ(data.categories.names, (std::vector<std::string>{"aeroplane", "person"}));
    EXPECT_EQ(data.annotations.ignore, (std::vector<std::uint8_t>{0, 1}));
  }
}

TEST_F(voc_folder, numbers_images_whose_names_are_no_different_numbers) {
  for (char const* const name : {"gts/1.txt", "gts/01.txt", "gts/2.txt"}) (void)write(name, "cat 1 2 3 4");
  dataset const data = load();
  EXPECT_EQ(data.images.names, (std::vector<std::string>{"01", "1", "2"}));
  EXPECT_EQ(data.images.ids, (std::vector<std::int64_t>{1, 2, 3}));
}

TEST_F(voc_folder, sorts_images_by_their_numbers) {
  for (char const* const name : {"gts/10.txt", "gts/9.txt"}) (void)write(name, "cat 1 2 3 4");
  dataset const data = load();
  EXPECT_EQ(data.images.names, (std::vector<std::string>{"9", "10"}));
  EXPECT_EQ(data.images.find(10), 1U);
}

TEST_F(voc_folder, that_is_no_ground_truth) {
  auto const expect = [&](std::filesystem::path const& path, std::string const& problem) {
    expect_input_error([&] { static_cast<void>(load_dataset({}, path, voc_options())); }, path.string(), "", problem);
  };
  std::filesystem::create_directory(folder_ / "gts");
  expect(folder_ / "gts", "has no annotation files, neither .xml nor .txt");
  (void)write("gts/a.txt", "");
  (void)write("gts/b.xml", "<annotation/>");
  expect(folder_ / "gts", "has annotations of both kinds, b.xml and a.txt");
  expect(folder_ / "gts" / "b.xml", "is not a folder");
  expect(folder_ / "missing.txt", "is not a folder");
  expect(folder_ / "missing", "cannot be opened");
  ingest_options masks = voc_options();
  masks.masks = true;
  expect_input_error([&] { static_cast<void>(load_dataset({}, folder_ / "gts", masks)); }, (folder_ / "gts").string(),
                     "", "have boxes alone");
  expect_input_error([&] { static_cast<void>(load_dataset({}, folder_ / "gts", {})); }, (folder_ / "gts").string(), "",
                     "is a directory, which only Pascal VOC's rules read");
}

TEST_F(voc_folder, of_text_with_a_fault) {
  struct bad_line {
    char const* line;
    char const* problem;
  };
  for (bad_line const& each :
       {bad_line{"dog 1 2 3", "expected 5 values (class x y width height), found 4"},
        bad_line{"dog 1 2 3 4 5", "found 6"}, bad_line{"dog 1 2 x 4", "width: expected a finite number, found 'x'"},
        bad_line{"dog nan 2 3 4", "x: expected a finite number, found 'nan'"},
        bad_line{"dog 1 2 -3 4", "width -3 is negative"}, bad_line{"dog 1 2 3 -0.5", "height -0.5 is negative"}}) {
    (void)write("gts/a.txt", "cat 1 2 3 4\n\n" + std::string(each.line) + "\n");
    expect_input_error([&] { static_cast<void>(load()); }, (folder_ / "gts/a.txt").string(), "line 3", each.problem);
  }
}

TEST_F(voc_folder, names_the_first_fault_with_any_number_of_threads) {
  for (int i = 10; i < 90; ++i) (void)write("gts/" + std::to_string(i) + ".xml", i % 20 == 15 ? "<a" : xml_of("dog"));
  for (int const threads : {1, 2, 8}) {
    context ctx;
    ctx.threads = threads;
    expect_input_error([&] { static_cast<void>(load_dataset(ctx, folder_ / "gts", voc_options())); },
                       (folder_ / "gts/15.xml").string(), "line 1", "is no XML");
  }
}

TEST_F(voc_folder, takes_results_by_image) {
  write_text_ground_truth();
  dataset const ground_truth = load();
  (void)write("dets/c.txt", "cat .5 1 2 3 4\ncow 0.25 1 2 3 4\n");
  (void)write("dets/b.txt", "dog +1e-1 0 0 9 19\n");
  (void)write("dets/a.txt", "");
  detections const results = load_results("dets", ground_truth);
  EXPECT_EQ(results.image_indices, (std::vector<std::uint32_t>{1, 2, 2}));
  EXPECT_EQ(results.category_indices, (std::vector<std::uint32_t>{1, 0, no_index}));
  EXPECT_EQ(results.scores, (std::vector<double>{.1, .5, .25}));
  EXPECT_EQ(results.areas_px, (std::vector<double>{200, 20, 20}));
  EXPECT_EQ(results.boxes[1].height, 4);
  EXPECT_EQ(warning_count(results.warnings, "unknown_category"), 1U);
  EXPECT_EQ(warning_message(results.warnings, "unknown_category"),
            "results of classes that the ground truth does not have are never evaluated; the first is " +
                (folder_ / "dets/c.txt").string() + ", line 2: class 'cow'");
}

TEST_F(voc_folder, takes_results_of_vocdevkit) {
  write_text_ground_truth();
  dataset const ground_truth = load();
  auto const file = write("dets/comp4_det_test_dog.txt", "b 0.9 10 20 40.5 60\nc 0.8 1 1 1 1\n");
  (void)write("dets/comp4_det_test_cat.txt", "c 0.7 1 2 3 4\n");
  detections const results = load_results("dets", ground_truth);
  EXPECT_EQ(results.image_indices, (std::vector<std::uint32_t>{2, 1, 2}));
  EXPECT_EQ(results.category_indices, (std::vector<std::uint32_t>{0, 1, 1}));
  EXPECT_EQ(results.scores, (std::vector<double>{.7, .9, .8}));
  EXPECT_EQ(results.boxes[1].width, 30.5);
  EXPECT_EQ(results.areas_px, (std::vector<double>{9, 31.5 * 41, 1}));
  EXPECT_EQ(load_detections({}, file, ground_truth, voc_options()).size(), 2U);
  EXPECT_TRUE(results.warnings.empty());
}

TEST_F(voc_folder, warns_of_no_results) {
  write_text_ground_truth();
  dataset const ground_truth = load();
  (void)write("dets/comp3_det_val_dog.txt", "");
  detections const results = load_results("dets", ground_truth);
  EXPECT_EQ(results.size(), 0U);
  EXPECT_EQ(warning_count(results.warnings, "no_detections"), 1U);
}

TEST_F(voc_folder, refuses_results_with_a_fault) {
  write_text_ground_truth();
  dataset const ground_truth = load();
  std::string const file = "dets/comp4_det_test_dog.txt";
  struct bad_line {
    char const* line;
    char const* problem;
  };
  for (bad_line const& each :
       {bad_line{"b 0.9 1 2 3", "expected 6 values (image score x1 y1 x2 y2), found 5"},
        bad_line{"b high 1 2 3 4", "score: expected a finite number, found 'high'"},
        bad_line{"b 0.9 1 2 3 4,5", "y2: expected a finite number, found '4,5'"},
        bad_line{"b 0.9 10 2 3 4", "x2 3 is less than x1 10"}, bad_line{"b 0.9 1 20 3 4", "y2 4 is less than y1 20"},
        bad_line{"zebra 0.9 1 2 3 4", "the ground truth has no image 'zebra'"},
        bad_line{"1 0.9 1 2 3 4", "the ground truth has no image '1'"}}) {
    (void)write(file, "b 0.5 1 2 3 4\n" + std::string(each.line));
    expect_bad("dets", ground_truth, file, "line 2", each.problem);
  }
}

TEST_F(voc_folder, refuses_results_for_another_data_set) {
  write_text_ground_truth();
  dataset const ground_truth = load();
  (void)write("dets/x.txt", "\ndog 0.5 1 2 3 4\n");
  expect_bad("dets", ground_truth, "dets/x.txt", "line 2", "the ground truth has no image 'x'");
  (void)write("more/b.txt", "dog 0.5 1 2 -3 4\n");
  expect_bad("more", ground_truth, "more/b.txt", "line 1", "width -3 is negative");
}

TEST_F(voc_folder, refuses_what_holds_no_results) {
  write_text_ground_truth();
  dataset const ground_truth = load();
  std::filesystem::create_directory(folder_ / "dets");
  expect_bad("dets", ground_truth, "dets", "", "has no results, which are .txt files");
  (void)write("dets/b.txt", "dog 0.5 1 2 3 4\n");
  expect_bad("dets/b.txt", ground_truth, "dets/b.txt", "", "tells no class by its name");
  (void)write("dets/comp4_det_test_dog.txt", "b 0.5 1 2 3 4\n");
  expect_bad("dets", ground_truth, "dets", "",
             "has results by class (comp4_det_test_dog.txt) and by image (b.txt); which ones count?");
  ingest_options masks = voc_options();
  masks.masks = true;
  expect_input_error([&] { static_cast<void>(load_detections({}, folder_ / "dets", ground_truth, masks)); },
                     (folder_ / "dets").string(), "", "have boxes alone");
}

TEST_F(voc_folder, takes_results_for_a_data_set_of_json) {
  std::string const json =
      R"({"images": [{"id": 7, "file_name": "JPEGImages/a.b.jpg"}, {"id": 8, "file_name": "c.png"}],
    "categories": [{"id": 5, "name": "dog"}], "annotations": []})";
  dataset const named = load_dataset({}, write("gt.json", json), voc_options());
  EXPECT_EQ(named.images.names, (std::vector<std::string>{"a.b", "c"}));
  auto const file = write("comp4_det_test_dog.txt", "c 0.9 1 2 3 4\na.b 0.8 1 2 3 4\n");
  detections const results = load_detections({}, file, named, voc_options());
  EXPECT_EQ(results.image_indices, (std::vector<std::uint32_t>{1, 0}));

  // Without names, or with one that stands twice, the ids are asked for.
  std::string const nameless = R"({"images": [{"id": 7}, {"id": 8, "file_name": "c.png"}],
    "categories": [{"id": 5, "name": "dog"}], "annotations": []})";
  dataset const numbered = load_dataset({}, write("gt.json", nameless), voc_options());
  EXPECT_TRUE(numbered.images.names.empty());
  (void)write("comp4_det_test_dog.txt", "000008 0.9 1 2 3 4\n");
  EXPECT_EQ(load_detections({}, file, numbered, voc_options()).image_indices, (std::vector<std::uint32_t>{1}));
}

TEST_F(voc_folder, cannot_tell_categories_of_one_name_apart) {
  std::string const json = R"({"images": [{"id": 7}],
    "categories": [{"id": 5, "name": "dog"}, {"id": 6, "name": "dog"}], "annotations": []})";
  auto const gt = write("gt.json", json);
  dataset const data = load_dataset({}, gt, voc_options());
  auto const file = write("comp4_det_test_dog.txt", "7 0.9 1 2 3 4\n");
  expect_input_error([&] { static_cast<void>(load_detections({}, file, data, voc_options())); }, gt.string(),
                     "categories", "the ids 5 and 6 are both named 'dog'");
}

}  // namespace maskmetrics::testing
