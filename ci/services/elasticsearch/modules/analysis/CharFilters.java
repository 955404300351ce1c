import java.io.Reader;
import java.util.Map;
import org.apache.lucene.analysis.charfilter.MappingCharFilter;
import org.apache.lucene.analysis.charfilter.NormalizeCharMap;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.analysis.NormalizingCharFilterFactory;
import org.elasticsearch.index.analysis.CharFilterFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.plugins.AnalysisPlugin;
import org.elasticsearch.plugins.Plugin;

/** The char filter "mapping" of Elasticsearch's module analysis-common, which Maven has not. */
public final class CharFilters extends Plugin implements AnalysisPlugin {
    @Override
    public Map<String, AnalysisProvider<CharFilterFactory>> getCharFilters() {
        return Map.of("mapping", (index, environment, name, settings) -> new Mapping(name, settings));
    }

    private static final class Mapping implements NormalizingCharFilterFactory {
        private final String name;
        private final NormalizeCharMap map;

        Mapping(String name, Settings settings) {
            this.name = name;
            NormalizeCharMap.Builder builder = new NormalizeCharMap.Builder();
            for (String rule : settings.getAsList("mappings")) {
                String[] parts = rule.split("=>", 2);
                builder.add(parts[0].trim(), parts[1].trim());
            }
            map = builder.build();
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Reader create(Reader reader) {
            return new MappingCharFilter(map, reader);
        }
    }
}
