module com.example.modules {
    requires paenmf;
}
