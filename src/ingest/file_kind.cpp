// JSON files of other forms than those that are evaluated, by their keys.
#include "ingest/file_kind.hpp"

#include <algorithm>
#include <initializer_list>
#include <vector>

#include <fmt/format.h>

#include "ingest/json_text.hpp"

namespace maskmetrics::ingest {

namespace {

/// A key of an object and its value.
struct json_member {
  std::string_view key;  ///< as it is written between the quotes
  std::size_t at = 0;    ///< of the value
};

/// Members of the object at @p open, as far as the text is JSON.
std::vector<json_member> members_of(std::string_view text, std::size_t open) {
  constexpr std::size_t plenty = 64;
  std::vector<json_member> members;
  if (open >= text.size() || text[open] != '{') return members;
  try {
    std::size_t at = skip_space(text, open + 1);
    while (members.size() < plenty && at < text.size() && text[at] == '"') {
      std::size_t const key_end = string_end(text, at);
      std::size_t const colon = skip_space(text, key_end);
      if (colon >= text.size() || text[colon] != ':') break;
      members.push_back({text.substr(at + 1, key_end - at - 2), skip_space(text, colon + 1)});
      std::size_t const comma = skip_space(text, value_end(text, members.back().at));
      if (comma >= text.size() || text[comma] != ',') break;
      at = skip_space(text, comma + 1);
    }
  } catch (json_fault const&) {
    // What was found so far has to do.
  }
  return members;
}

/// Position of the first element of the array at @p open; text.size() where there is none.
std::size_t first_element(std::string_view text, std::size_t open) {
  if (open >= text.size() || text[open] != '[') return text.size();
  return skip_space(text, open + 1);
}

/// The keys of an object.
class key_set {
public:
  explicit key_set(std::vector<json_member> const& members) : members_(members) {}

  [[nodiscard]] bool has(std::string_view key) const {
    return std::any_of(members_.begin(), members_.end(), [&](json_member const& each) { return each.key == key; });
  }
  [[nodiscard]] bool has_all(std::initializer_list<char const*> keys) const {
    return std::all_of(keys.begin(), keys.end(), [&](char const* key) { return has(key); });
  }

private:
  std::vector<json_member> const& members_;
};

/// Files of other tools: an object with all of these keys, or an array of such objects.
struct foreign_form {
  std::initializer_list<char const*> keys;
  char const* what;
};

constexpr char const* label_studio = "a JSON export of Label Studio; export the project in its COCO format instead";
constexpr char const* via =
    "a file of VGG Image Annotator; export it there in COCO format (Annotation > Export Annotations)";

foreign_form const foreign_objects[] = {
    {{"shapes", "imagePath"},
     "a labelme file, which is one image (\"shapes\", \"imagePath\"); labelme2coco makes one COCO file of a directory "
     "of "
     "those"},
    {{"_via_img_metadata"}, via},
    {{"project", "metadata", "view", "attribute"}, via},
    {{"type", "features"},
     "a GeoJSON file (\"features\"); convert it to COCO's format, with polygons in pixels of each image"},
    {{"items", "categories"}, "a Datumaro file (\"items\"); datum convert -f coco_instances makes a COCO file of it"},
    {{"objects", "size", "tags"}, "a Supervisely file, which is one image; export the project in COCO format instead"},
    {{"imgHeight", "imgWidth", "objects"},
     "a Cityscapes file, which is one image (\"objects\"); convert the directory to one COCO file"},
    {{"metainfo", "data_list"}, "an OpenMMLab annotation file (\"data_list\"); give the COCO file it was made from"},
    {{"data", "annotations"}, label_studio},
    {{"schema_version", "parameters", "metrics"}, "a report that maskmetrics wrote; give the data set and the results"},
};

foreign_form const foreign_elements[] = {
    {{"data", "annotations"}, label_studio},
    {{"data", "predictions"}, label_studio},
    {{"data", "completions"}, label_studio},
    {{"annotation_id", "annotator"}, label_studio},
    {{"shapes", "imagePath"}, "an array of labelme files; labelme2coco makes one COCO file of a directory of those"},
    {{"file_name", "annotations", "height"},
     "dataset dictionaries of detectron2; its convert_to_coco_json writes a COCO file"},
    {{"image", "annotations"}, "a Create ML file; export the data set in COCO format instead"},
};

template <std::size_t N>
std::string find_foreign(foreign_form const (&forms)[N], key_set const& keys) {
  for (foreign_form const& each : forms) {
    if (keys.has_all(each.keys)) return each.what;
  }
  return {};
}

constexpr char const* panoptic =
    "a COCO panoptic file (\"segments_info\", masks in PNG files); panopticapi's panoptic2detection_coco_format.py "
    "makes instances of it";
constexpr char const* captions =
    "a COCO caption file (\"caption\"), which has no boxes or masks; give the instances of the same images";

/// The array of results within an object.
std::string describe_wrapped_results(std::string_view text, std::vector<json_member> const& members) {
  for (json_member const& each : members) {
    std::vector<json_member> const first = members_of(text, first_element(text, each.at));
    if (!key_set(first).has_all({"image_id", "score"})) continue;
    return fmt::format("an object with \"{0}\" that have a score; results are an array: give that of \"{0}\" alone",
                       each.key);
  }
  return {};
}

bool are_captions(key_set const& fields) {
  return fields.has("caption") && !fields.has("bbox") && !fields.has("segmentation");
}

std::string describe_object(std::string_view text, std::size_t open, file_role role) {
  std::vector<json_member> const members = members_of(text, open);
  key_set const keys(members);
  if (role == file_role::results) {
    std::string wrapped = describe_wrapped_results(text, members);
    if (!wrapped.empty()) return wrapped;
  }
  std::vector<json_member> annotation;
  for (json_member const& each : members) {
    if (each.key == "annotations") annotation = members_of(text, first_element(text, each.at));
  }
  key_set const fields(annotation);
  if (fields.has("segments_info")) return panoptic;
  if (are_captions(fields)) return captions;
  bool const is_coco = keys.has_all({"images", "annotations"});
  std::string foreign = is_coco ? std::string() : find_foreign(foreign_objects, keys);
  if (!foreign.empty()) return foreign;
  // VGG Image Annotator's annotations alone: objects by file.
  if (!members.empty() && key_set(members_of(text, members.front().at)).has_all({"filename", "regions"})) return via;
  if (role == file_role::results) {
    if (!keys.has("annotations") || !(keys.has("images") || keys.has("categories"))) return {};
    return "a ground truth (\"annotations\" without a score); results are an array of objects with \"image_id\", "
           "\"category_id\", \"score\", and \"bbox\" or \"segmentation\"";
  }
  if (fields.has("score") && !fields.has("area") && !fields.has("iscrowd")) {
    return "a file of results (\"annotations\" with a score); give that array as the results, and the data set's own "
           "file as the ground truth";
  }
  return {};
}

std::string describe_array(std::string_view text, std::size_t open, file_role role) {
  std::vector<json_member> const first = members_of(text, first_element(text, open));
  key_set const fields(first);
  if (fields.has("segments_info")) return panoptic;
  if (are_captions(fields)) return captions;
  std::string foreign = find_foreign(foreign_elements, fields);
  if (!foreign.empty()) return foreign;
  bool const located = fields.has("image_id") && (fields.has("bbox") || fields.has("segmentation"));
  if (role == file_role::ground_truth) {
    if (fields.has_all({"image_id", "score"})) {
      return "an array of results (\"score\"); give it as the results, and the data set's own file as the ground truth";
    }
    if (located) return "the array of annotations alone; give the whole file, with \"images\" and \"categories\"";
  } else if (located && !fields.has("score") && (fields.has("area") || fields.has("iscrowd"))) {
    return "annotations of a ground truth, which have no score; give what a model found";
  }
  return {};
}

/// Objects one after another, which is no JSON.
bool is_json_lines(std::string_view text, std::size_t open) {
  if (text[open] != '{') return false;
  try {
    std::size_t const next = skip_space(text, value_end(text, open));
    return next < text.size() && text[next] == '{';
  } catch (json_fault const&) {
    return false;
  }
}

}  // namespace

std::string describe_other_json(std::string_view text, file_role role) {
  std::size_t const open = skip_to_content(text);
  if (open >= text.size()) return {};
  if (is_json_lines(text, open)) return "JSON Lines, one object in each line; jq -s . makes one array of them";
  if (text[open] == '{') return describe_object(text, open, role);
  if (text[open] == '[') return describe_array(text, open, role);
  return {};
}

void rethrow_with_kind(input_error const& error, byte_source const& source, file_role role) {
  std::string const kind = describe_wrong_file(source.text(), role);
  // One that was named already has been refused before anything was read.
  if (kind.empty() || error.problem().ends_with(kind)) throw;
  throw input_error(error.source(), error.place(), error.problem() + "; the file is " + kind);
}

}  // namespace maskmetrics::ingest

namespace maskmetrics {

std::string describe_wrong_file(std::string_view bytes, file_role role) {
  std::string const kind = ingest::describe_other_bytes(bytes);
  return kind.empty() ? ingest::describe_other_json(bytes, role) : kind;
}

}  // namespace maskmetrics
